"""Formatting of what is known of people."""

from django import template

from customers import countries, postal
from customers.models import Address

register = template.Library()


@register.filter
def country_name(country: str) -> str:
    return countries.country_name(country)


@register.filter
def address_lines(address: Address) -> list[str]:
    parts = ("recipient", "line", "city", "region", "postal_code", "country")
    return postal.address_lines({part: getattr(address, part) for part in parts})
