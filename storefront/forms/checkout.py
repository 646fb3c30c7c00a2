"""Forms of the checkout: who and where, how it comes, how it is paid."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.countries import country_name
from customers.models import Address
from orders.services.payments import ProviderChoice
from orders.services.shipping import ShippingOffer
from storefront.forms.people import AddressForm

ANOTHER = "new"


class ContactForm(forms.Form):
    email = forms.EmailField(
        label=_("Email address"),
        max_length=254,
        help_text=_("We only use it for messages about this order."),
        widget=forms.EmailInput({"autocomplete": "email"}),
    )


class BookForm(forms.Form):
    """One of the customer's own addresses, or another one that is typed below."""

    book = forms.ChoiceField(label=_("Send it to"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, addresses: Sequence[Address], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.addresses = {str(address.pk): address for address in addresses}
        field = cast("forms.ChoiceField", self.fields["book"])
        field.choices = [(key, key) for key in (*self.addresses, ANOTHER)]

    @property
    def chosen(self) -> Address | None:
        """None where another address is to be typed."""
        return self.addresses.get(self.cleaned_data.get("book", ""))

    def rows(self) -> list[tuple[str, Address, str]]:
        """Key, address and country in words of each, for the template."""
        return [
            (key, address, country_name(address.country)) for key, address in self.addresses.items()
        ]

    @property
    def value(self) -> str:
        return str(self["book"].value() or "")


class DeliveryAddressForm(AddressForm):
    keeps = forms.BooleanField(label=_("Keep it in my address book"), required=False)
    # Browsers must not insist on fields that a chosen address makes needless.
    use_required_attribute = False

    def __init__(self, *args: Any, can_keep: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["is_default"]
        if not can_keep:
            del self.fields["keeps"]


class DeliveryForm(forms.Form):
    method = forms.ChoiceField(label=_("Delivery"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, offers: Sequence[ShippingOffer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offers = {str(offer.method.pk): offer for offer in offers}
        field = cast("forms.ChoiceField", self.fields["method"])
        field.choices = [(key, key) for key in self.offers]
        field.error_messages["required"] = field.error_messages["invalid_choice"] = _(
            "Please choose a delivery method."
        )

    @property
    def chosen(self) -> ShippingOffer:
        return self.offers[self.cleaned_data["method"]]

    @property
    def value(self) -> str:
        """What is marked: the answer so far, else the first, so that nobody has to choose."""
        marked = str(self["method"].value() or "")
        return marked if marked in self.offers else next(iter(self.offers), "")


class PaymentForm(forms.Form):
    """key, seen_total, seen_codes: of the page that was shown; an order is made of nothing else."""

    # Whether the order can be paid that way is decided with its total.
    provider = forms.CharField(
        label=_("Payment"),
        max_length=30,
        error_messages={"required": _("Please choose how you want to pay.")},
    )
    note = forms.CharField(
        label=_("Order note"),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 2, "maxlength": "500"}),
    )
    key = forms.CharField(max_length=80, widget=forms.HiddenInput)
    seen_total = forms.IntegerField(min_value=0, max_value=10**15, widget=forms.HiddenInput)
    # No code holds white space.
    seen_codes = forms.CharField(max_length=500, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, choices: Sequence[ProviderChoice] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = choices

    @property
    def value(self) -> str:
        """What is marked: the choice so far, else the first."""
        codes = [choice.code for choice in self.choices]
        marked = str(self["provider"].value() or "")
        return marked if marked in codes else next(iter(codes), "")
