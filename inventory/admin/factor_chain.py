"""A forecast as the product of its factors, over all its days or on one of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Final

from django.utils.formats import number_format
from django.utils.translation import gettext_lazy, ngettext

from inventory.admin.forecast_tabs import day_text, factor_text, weekday_text
from inventory.forecast_wording import forecast_reason
from inventory.models import DemandForecast
from inventory.services.forecast_days import DayOfForecast
from learning.wording import code_name

LEVEL: Final = "level"
# Over one day these are what they say; over a horizon they are sums and shares of days.
NAMES_OF_A_DAY: Final = {
    "weekday": gettext_lazy("weekday"),
    "holiday": gettext_lazy("holiday or closed day"),
}


@dataclass(frozen=True, slots=True)
class FactorRow:
    """so_far: the product up to this factor, units."""

    name: str
    value: str
    so_far: str


@dataclass(frozen=True, slots=True)
class Chain:
    """title: of which days. units: what all factors multiply to. reason: the same in one line."""

    title: str
    rows: Sequence[FactorRow]
    units: str
    reason: str = ""


def read_chain(
    forecast: DemandForecast, days: Sequence[DayOfForecast], chosen: str
) -> Chain | None:
    for day in days:
        if day.day.isoformat() == chosen:
            return Chain(
                title=f"{day_text(day.day)} {weekday_text(day.day)}",
                rows=_factor_rows(day.factors, name_of_a_day),
                units=product_text(day.product),
            )
    told = {one["name"]: float(one["value"]) for one in forecast.explanation.get("factors", [])}
    if not told:
        return None
    title = ngettext("%(n)s day together", "%(n)s days together", forecast.horizon_days)
    return Chain(
        title=title % {"n": forecast.horizon_days},
        rows=_factor_rows(told, code_name),
        units=product_text(prod(told.values())),
        reason=forecast_reason(forecast.explanation),
    )


def _factor_rows(factors: Mapping[str, float], name_of: Callable[[str], str]) -> list[FactorRow]:
    rows, product = [], 1.0
    for name, value in factors.items():
        product *= value
        shown = factor_text(value)
        rows.append(
            FactorRow(
                name=name_of(name),
                value=shown if name == LEVEL else f"× {shown}",
                so_far=product_text(product),
            )
        )
    return rows


def product_text(units: float) -> str:
    """So exact that a reader who multiplies the factors comes to the same."""
    exact, coarse = 10, 1000
    return number_format(
        units,
        decimal_pos=3 if units < exact else 1 if units < coarse else 0,
        force_grouping=True,
    )


def name_of_a_day(name: str) -> str:
    return str(NAMES_OF_A_DAY.get(name) or code_name(name))
