from typing import Any

import pytest
from django import forms

from catalog.forms import MoneyField, PercentField
from catalog.models import Sku
from tests.factories import make_sku


class PriceForm(forms.Form):
    price = MoneyField()
    currency = forms.CharField(required=False)


def typed(price: str, currency: str = "CNY") -> PriceForm:
    return PriceForm({"price": price, "currency": currency})


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19.90", "CNY", 1990),
        ("19.9", "CNY", 1990),
        ("19.900", "CNY", 1990),
        ("1999", "CNY", 199900),
        (" 1,999.00 ", "CNY", 199900),
        ("１９．９０", "CNY", 1990),
        ("0", "CNY", 0),
        ("1980", "JPY", 1980),
        ("1980.00", "jpy", 1980),
    ],
)
def test_an_amount_is_typed_as_on_a_price_tag(text: str, currency: str, minor: int) -> None:
    form = typed(text, currency)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["price"] == minor


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("19.999", "At most 2 digits behind the point are possible."),
        ("19,90", "Enter a number such as 19.90."),
        ("1,99", "Enter a number such as 19.90."),
        ("-5", "Enter a number such as 19.90."),
        ("NaN", "Enter a number such as 19.90."),
        ("1e9", "Enter a number such as 19.90."),
        ("9" * 13, "Enter a number such as 19.90."),
        ("9" * 100_000, "Enter a number such as 19.90."),
        ("1\x00", "Enter a number such as 19.90."),
        ("", "This field is required."),
    ],
)
def test_what_is_no_amount_is_refused_with_a_reason(text: str, said: str) -> None:
    assert typed(text).errors["price"] == [said]


def test_yen_have_no_fractions() -> None:
    assert typed("19.90", "JPY").errors["price"] == ["Whole numbers only."]


def test_a_kept_amount_is_shown_as_it_is_typed_and_counts_as_unchanged() -> None:
    form = PriceForm(initial={"price": 1990})
    assert 'value="19.90"' in str(form["price"])
    assert "In CNY, such as 19.90." in str(form["price"].help_text)
    again = PriceForm({"price": "19.9", "currency": ""}, initial={"price": 1990})
    assert not again.has_changed()
    other = PriceForm({"price": "19.91", "currency": ""}, initial={"price": 1990})
    assert other.changed_data == ["price"]


def test_what_was_typed_wrongly_stays_to_be_mended() -> None:
    form = typed("19,90")
    assert not form.is_valid()
    assert 'value="19,90"' in str(form["price"])


@pytest.mark.django_db
def test_an_amount_of_a_row_is_in_its_own_currency() -> None:
    class SkuForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
        price_minor = MoneyField()

        class Meta:
            model = Sku
            fields = ("price_minor",)

    yen: Any = make_sku(price_minor=1980, currency="JPY")
    assert 'value="1980"' in str(SkuForm(instance=yen)["price_minor"])
    form = SkuForm({"price_minor": "2500"}, instance=yen)
    assert form.is_valid()
    assert form.save().price_minor == 2500


@pytest.mark.parametrize(
    ("text", "basis_points"), [("13", 1300), ("5.5", 550), ("0", 0), ("100", 10_000)]
)
def test_a_rate_is_typed_in_per_cent(text: str, basis_points: int) -> None:
    field = PercentField()
    assert field.clean(text) == basis_points
    assert field.prepare_value(basis_points) == text


@pytest.mark.parametrize("text", ["100.01", "13.005", "-1", "x"])
def test_a_rate_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(forms.ValidationError):
        PercentField().clean(text)
