"""Addresses are written as the post of their country reads them."""

import pytest
from django.utils import translation

from customers.postal import address_lines

MIAO = {"recipient": "Miao Li", "line": "Hauptstraße 3", "city": "Bonn", "postal_code": "53111"}


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        ({**MIAO, "country": "DE"}, ["Miao Li", "Hauptstraße 3", "53111 Bonn", "Germany"]),
        (
            {
                "recipient": "Ann Roe",
                "line": "1 Main St",
                "city": "Salem",
                "region": "OR",
                "postal_code": "97301",
                "country": "US",
            },
            ["Ann Roe", "1 Main St", "Salem, OR 97301", "United States"],
        ),
        (
            {"line": "10 Downing St", "city": "London", "postal_code": "SW1A 2AA", "country": "GB"},
            ["10 Downing St", "London", "SW1A 2AA", "United Kingdom"],
        ),
        (
            {
                "recipient": "李华",
                "line": "建国路93号",
                "city": "北京市",
                "region": "北京",
                "postal_code": "100022",
                "country": "CN",
                "phone": "13800138000",
            },
            ["李华", "北京 北京市 建国路93号", "100022", "China"],
        ),
        (
            {"recipient": "Li Hua", "line": "Jianguo Road 93", "city": "Beijing", "country": "CN"},
            ["Li Hua", "Jianguo Road 93", "Beijing", "China"],
        ),
        ({"recipient": "Li Hua", "line": None, "city": ""}, ["Li Hua"]),
        ({}, []),
    ],
)
def test_each_country_has_its_order(address: dict[str, object], lines: list[str]) -> None:
    with translation.override("en"):
        assert address_lines(address) == lines


def test_an_address_that_names_no_country_goes_to_the_one_of_its_order() -> None:
    with translation.override("zh-hans"):
        assert address_lines(MIAO, country="DE")[-2:] == ["53111 Bonn", "德国"]
        # Of an imported history, as it came.
        assert address_lines(MIAO, country="Atlantis")[-1] == "Atlantis"
