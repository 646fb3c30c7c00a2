"""Names of the factors of a forecast, and what one is made of in a sentence."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.wording import code_name, name_codes

name_codes(
    {
        "season": gettext_lazy("time of the year"),
        "trend": gettext_lazy("trend"),
        "promotion": gettext_lazy("promotions"),
        "shopping_day": gettext_lazy("shopping days"),
        "closure": gettext_lazy("closed by the shop"),
        "price": gettext_lazy("change of the price"),
        "correction": gettext_lazy("learned correction"),
        "from_similar_share": gettext_lazy("taken from similar SKUs"),
        "widened_by": gettext_lazy("bounds widened by"),
    }
)

LEVEL = "level"
NOTHING = 0.0005


def forecast_reason(explanation: Mapping[str, Any]) -> str:
    """A forecast as the product of its factors; those that change nothing are left out."""
    factors = explanation.get("factors", [])
    parts = [
        _("%(units)s units a day") % {"units": _number(factor["value"], 2)}
        if factor["name"] == LEVEL
        else f"{_number(factor['value'], 3)} ({code_name(factor['name'])})"
        for factor in factors
        if factor["name"] == LEVEL or abs(factor["value"] - 1.0) >= NOTHING
    ]
    return " × ".join(parts)  # the sign of a product


def _number(value: float, decimals: int) -> str:
    return number_format(round(value, decimals), decimal_pos=decimals, force_grouping=True)
