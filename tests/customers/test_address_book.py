"""The address book of a customer."""

import pytest
from django.utils import translation

from customers import countries
from customers.errors import TooManyAddressesError
from customers.models import Address, Consent
from customers.services import addresses, consents
from customers.services.addresses import AddressDetails
from tests.factories import make_user

pytestmark = pytest.mark.django_db
HOME = AddressDetails(recipient="李雷", line="人民路 1 号", city="上海", country="CN")


def defaults() -> list[str]:
    return list(Address.objects.filter(is_default=True).values_list("recipient", flat=True))


def details(recipient: str) -> AddressDetails:
    return AddressDetails(recipient=recipient, line="Park Road 1", city="London", country="GB")


def test_the_first_address_is_the_default_and_stays_it() -> None:
    user = make_user()
    addresses.add_address(user=user, details=details("first"))
    addresses.add_address(user=user, details=details("second"))
    assert defaults() == ["first"]


def test_an_address_added_as_the_default_takes_the_place_of_the_other() -> None:
    user = make_user()
    addresses.add_address(user=user, details=details("first"))
    addresses.add_address(user=user, details=details("second"), is_default=True)
    assert defaults() == ["second"]


def test_one_of_several_becomes_the_default() -> None:
    user = make_user()
    addresses.add_address(user=user, details=details("first"))
    second = addresses.add_address(user=user, details=details("second"))
    addresses.make_default(address=second)
    assert defaults() == ["second"]


def test_after_the_default_is_removed_the_newest_takes_its_place() -> None:
    user = make_user()
    first = addresses.add_address(user=user, details=details("first"))
    addresses.add_address(user=user, details=details("second"))
    addresses.add_address(user=user, details=details("third"))
    addresses.delete_address(address=first)
    assert defaults() == ["third"]


def test_the_books_of_two_customers_do_not_touch() -> None:
    addresses.add_address(user=make_user(), details=details("hers"))
    his = addresses.add_address(user=make_user(), details=details("his"))
    addresses.make_default(address=his)
    assert sorted(defaults()) == ["hers", "his"]


def test_an_address_keeps_what_was_corrected() -> None:
    address = addresses.add_address(user=make_user(), details=details("first"))
    addresses.change_address(address=address, details=HOME)
    address.refresh_from_db()
    assert (address.recipient, address.city, address.country) == ("李雷", "上海", "CN")
    assert address.is_default


def test_a_full_book_takes_no_more() -> None:
    user = make_user()
    for number in range(addresses.MAX_ADDRESSES):
        addresses.add_address(user=user, details=details(str(number)))
    with pytest.raises(TooManyAddressesError):
        addresses.add_address(user=user, details=details("one more"))
    assert Address.objects.count() == addresses.MAX_ADDRESSES


def test_the_newest_word_about_a_purpose_counts() -> None:
    user = make_user()
    everything = dict.fromkeys(Consent.Purpose.values, True)
    assert consents.read_consents(user=user) == dict.fromkeys(Consent.Purpose.values, False)
    assert consents.record_consents(user=user, wanted=everything) == 3
    assert consents.record_consents(user=user, wanted={**everything, "marketing": False}) == 1
    assert consents.read_consents(user=user) == {**everything, "marketing": False}
    assert Consent.objects.count() == 4


def test_saying_the_same_again_adds_nothing() -> None:
    user = make_user()
    consents.record_consents(user=user, wanted={"marketing": False})
    assert Consent.objects.count() == 0


def test_countries_are_named_in_the_language_of_the_reader() -> None:
    with translation.override("zh-hans"):
        assert countries.country_name("GB") == "英国"
        assert countries.country_name("United Kingdom") == "英国"
    with translation.override("en"):
        assert countries.country_name("GB") == "United Kingdom"
    assert countries.country_name("EIRE") == "EIRE"
    assert countries.country_code("China") == "CN"
    assert countries.country_code("Atlantis") == ""


def test_every_country_has_a_code_and_a_name_in_both_languages() -> None:
    for language in ("en", "zh-hans"):
        with translation.override(language):
            choices = countries.country_choices()
        assert len(choices) == 249
        assert len({name for _code, name in choices}) == 249
