"""Reasons of groups and look-alikes with categories, languages and countries by their names."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from catalog.models import Category
from customers.countries import country_name
from learning.proposal_admin import FactorRow, factor_rows
from learning.wording import code_name


class FactorNames:
    """What the codes of features are called; the categories of all are read at once."""

    def __init__(self, explanations: Iterable[Mapping[str, Any]]) -> None:
        keys = {
            int(one["name"].partition(":")[2])
            for explanation in explanations
            for one in explanation.get("factors", [])
            if one["name"].startswith("category:")
        }
        found = Category.objects.filter(pk__in=keys) if keys else ()
        self._categories = {one.pk: one.name for one in found}

    def __call__(self, code: str) -> str:
        kind, _colon, value = code.partition(":")
        if not value:
            return code_name(code)
        shown = value
        if kind == "category":
            shown = self._categories.get(int(value), value)
        elif kind == "language":
            shown = str(dict(settings.LANGUAGES).get(value, value))
        elif kind == "region":
            shown = country_name(value)
        return f"{code_name(kind)}: {shown}"


def factors_of(explanation: Mapping[str, Any], names: FactorNames | None = None) -> list[FactorRow]:
    return factor_rows(explanation, name=names or FactorNames([explanation]))
