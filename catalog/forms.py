"""How staff type amounts and rates: as they stand on a price tag, not in the units of the tables.

"19.90" is kept as 1990. Typing 1999 for 19.99 into a field of minor units was a mistake waiting to
be made, and 1.2 for 120 yuan another.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.options import BaseModelAdmin
from django.core.exceptions import ValidationError
from django.db.models import Field as ModelField
from django.forms.boundfield import BoundField
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from catalog.money import decimals, plain_amount

# 12 digits before the point are more than any shop sells.
_LONGEST = 40
_NUMBER = re.compile(r"(\d{1,12}|\d{1,3}(?:,\d{3}){1,3})(?:\.(\d{1,9}))?")


class FixedPointField(forms.CharField):
    """A number with a fixed number of decimals, kept as a whole number of its smallest unit."""

    places = 2
    too_fine = _("At most %(places)d digits behind the point are possible.")

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"}))
        super().__init__(max_length=_LONGEST, empty_value=None, **options)

    def to_python(self, value: Any) -> Any:
        """Whole units, or None for an empty field."""
        if value is None or isinstance(value, int):
            return value
        text = super().to_python(value)
        if text is None:
            return None
        # Bounded before it is folded: what is longer is no number anyway.
        found = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text[:_LONGEST]).strip())
        if found is None:
            raise ValidationError(_("Enter a number such as %(example)s."), params=self._facts())
        whole, fraction = found[1].replace(",", ""), (found[2] or "").rstrip("0")
        if len(fraction) > self.places:
            raise ValidationError(
                _("Whole numbers only.") if not self.places else self.too_fine,
                params=self._facts(),
            )
        return int(whole) * 10**self.places + int(fraction.ljust(self.places, "0") or "0")

    def run_validators(self, value: Any) -> None:
        """The length of the text was looked at by its pattern; what is left is a number."""

    def prepare_value(self, value: Any) -> Any:
        return self._written(value) if isinstance(value, int) else value

    def _written(self, units: int) -> str:
        whole, fraction = divmod(units, 10**self.places)
        return f"{whole}.{fraction:0{self.places}}" if self.places else str(whole)

    def _facts(self) -> dict[str, Any]:
        return {"places": self.places, "example": self._written(1990)}


class MoneyField(FixedPointField):
    """An amount in the major unit of a currency, kept in minor units.

    The currency is that of the form: what is chosen in its field "currency", else the row's own,
    else `currency`, else the shop's.
    """

    currency = ""

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> BoundField:
        currency = self._currency_of(form)
        self.places = decimals(currency)
        self.help_text = self.help_text or _("In %(currency)s, such as %(example)s.") % {
            "currency": currency,
            "example": plain_amount(1990, currency),
        }
        return super().get_bound_field(form, field_name)

    def _currency_of(self, form: forms.BaseForm) -> str:
        if form.is_bound and "currency" in form.fields:
            chosen = str(form.data.get(form.add_prefix("currency")) or "")
            if chosen:
                return chosen.strip().upper()
        own = getattr(getattr(form, "instance", None), "currency", "")
        return own or self.currency or str(settings.CURRENCY)


class PercentField(FixedPointField):
    """A rate in per cent, kept in hundredths of a per cent: "13" is 1300."""

    def to_python(self, value: Any) -> Any:
        units = super().to_python(value)
        if isinstance(value, str) and units is not None and units > 10_000:
            raise ValidationError(_("100 per cent at most."))
        return units

    def _written(self, units: int) -> str:
        text = super()._written(units)
        return text.rstrip("0").rstrip(".")


class MoneyInputs(BaseModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Lets staff type the amounts of a page in the major unit.

    money_labels: what the columns are called there, since their own names say "minor units".
    """

    money_labels: Mapping[str, str | Promise] = {}
    money_help: Mapping[str, str | Promise] = {}

    def formfield_for_dbfield(
        self, db_field: "ModelField[Any, Any]", request: HttpRequest, **kwargs: Any
    ) -> Any:
        label = self.money_labels.get(db_field.name)
        if label is None:
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        return MoneyField(
            label=capfirst(str(label)),
            required=not db_field.blank,
            help_text=self.money_help.get(db_field.name, ""),
        )
