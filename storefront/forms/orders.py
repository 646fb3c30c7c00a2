"""Forms about orders: asking for one without an account, and sending goods back."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from orders.errors import TooManyPhotosError
from orders.models import ReturnLine
from orders.services.access import CODE_DIGITS
from orders.services.return_photos import MAX_PHOTOS
from orders.services.returns import ReturnItem
from storefront.forms.reviews import PhotosField
from storefront.pages.orders import ShownLine

RETURN_REASONS = (("", _("Please choose")), *ReturnLine.Reason.choices)


class OrderAccessForm(forms.Form):
    number = forms.CharField(
        label=_("Order number"),
        max_length=40,
        help_text=_("You find it in the email that confirmed your order."),
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters"}),
    )
    email = forms.EmailField(
        label=_("Email address of the order"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "email"}),
    )


class AccessCodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code from the email"),
        max_length=20,
        widget=forms.TextInput({"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def clean_code(self) -> str:
        """People copy spaces along, and some keyboards write digits in full width."""
        typed = "".join(str(self.cleaned_data["code"]).split())
        if len(typed) != CODE_DIGITS or not typed.isdecimal():
            raise ValidationError(_("The code has six digits."))
        return "".join(str(int(digit)) for digit in typed)


class ReturnForm(forms.Form):
    """Units and a reason for each line that can come back.

    The key makes a form that is sent twice one request.
    """

    key = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("What should we know?"),
        max_length=255,
        required=False,
        widget=forms.Textarea({"rows": 3, "maxlength": "255"}),
    )

    photos = PhotosField(
        limit=MAX_PHOTOS,
        refusal=TooManyPhotosError,
        label=_("Photos"),
        required=False,
        help_text=format_lazy(
            _("At most {limit}; of a damage, for instance. Where they were taken is removed."),
            limit=MAX_PHOTOS,
        ),
    )

    def __init__(self, *args: Any, lines: Sequence[ShownLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [shown for shown in lines if shown.returnable]
        self.fields["key"].initial = uuid4().hex
        for shown in self.lines:
            self.fields[f"units_{shown.line.pk}"] = forms.ChoiceField(
                label=_("Units to send back"),
                choices=[(str(units), str(units)) for units in range(shown.returnable + 1)],
                required=False,
            )
            self.fields[f"reason_{shown.line.pk}"] = forms.ChoiceField(
                label=_("Reason for sending it back"), choices=RETURN_REASONS, required=False
            )

    def rows(self) -> list[tuple[ShownLine, Any, Any]]:
        """Each line with its two fields, for the template."""
        return [
            (shown, self[f"units_{shown.line.pk}"], self[f"reason_{shown.line.pk}"])
            for shown in self.lines
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        if not self.quantities():
            raise ValidationError(_("Please say what you want to send back."))
        for line_id in self.quantities():
            if not cleaned.get(f"reason_{line_id}"):
                self.add_error(f"reason_{line_id}", _("Please say why."))
        return cleaned

    def quantities(self) -> dict[int, int]:
        """By line, without those that stay."""
        wanted = {
            shown.line.pk: int(self.cleaned_data.get(f"units_{shown.line.pk}") or 0)
            for shown in self.lines
        }
        return {line_id: units for line_id, units in wanted.items() if units}

    def items(self) -> list[ReturnItem]:
        return [
            ReturnItem(line_id, units, self.cleaned_data[f"reason_{line_id}"])
            for line_id, units in self.quantities().items()
        ]
