"""Forms of the account: addresses, consents, name and language."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from customers.countries import country_choices, country_code
from customers.models import Address, Consent, User
from customers.services.addresses import AddressDetails


class AddressForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    country = forms.ChoiceField(label=_("Country or region"))

    class Meta:
        model = Address
        fields = (
            "recipient",
            "phone",
            "country",
            "region",
            "city",
            "line",
            "postal_code",
            "is_default",
        )
        labels = {
            "recipient": _("Full name"),
            "phone": _("Phone"),
            "region": _("Province or state"),
            "city": _("City"),
            "line": _("Street, house number, flat"),
            "postal_code": _("Postal code"),
            "is_default": _("Use it unless I choose another"),
        }
        widgets = {
            "recipient": forms.TextInput({"autocomplete": "name"}),
            "phone": forms.TextInput({"autocomplete": "tel", "inputmode": "tel"}),
            "region": forms.TextInput({"autocomplete": "address-level1"}),
            "city": forms.TextInput({"autocomplete": "address-level2"}),
            "line": forms.TextInput({"autocomplete": "street-address"}),
            "postal_code": forms.TextInput({"autocomplete": "postal-code"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        country = cast("forms.ChoiceField", self.fields["country"])
        country.choices = [("", "—"), *country_choices()]
        country.widget.attrs["autocomplete"] = "country"
        # Imported addresses name their country in words.
        self.initial["country"] = country_code(self.initial.get("country") or "")
        if self.instance.is_default:
            del self.fields["is_default"]

    def details(self) -> AddressDetails:
        return AddressDetails(
            **{name: self.cleaned_data[name] for name in AddressDetails.__slots__}
        )


class PrivacyForm(forms.Form):
    """One switch for each purpose that needs no account."""

    personalisation = forms.BooleanField(
        required=False,
        label=_("Recommendations made for me"),
        help_text=_("What you look at and buy decides what we show you first."),
    )
    analytics = forms.BooleanField(
        required=False,
        label=_("Statistics of visits"),
        help_text=_("We count which pages are seen, to make them better."),
    )


class ConsentForm(PrivacyForm):
    """One switch for each purpose."""

    marketing = forms.BooleanField(
        required=False,
        label=_("Offers by email"),
        help_text=_("Now and then a letter with what is new or cheaper."),
    )

    def wanted(self) -> dict[str, bool]:
        return {purpose: self.cleaned_data[purpose] for purpose in Consent.Purpose.values}


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    class Meta:
        model = User
        fields = ("last_name", "first_name", "language")
        labels = {
            "last_name": _("Family name"),
            "first_name": _("Given name"),
            "language": _("Language of letters and pages"),
        }
        widgets = {
            "last_name": forms.TextInput({"autocomplete": "family-name", "maxlength": "80"}),
            "first_name": forms.TextInput({"autocomplete": "given-name", "maxlength": "80"}),
            "language": forms.Select(choices=settings.LANGUAGES),
        }
