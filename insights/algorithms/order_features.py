"""Facts of an order as numbers: what the models of risk look at, the same when they learn."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

FEATURES: Final = (
    "amount",
    "units",
    "line_units",
    "unit_price",
    "is_guest",
    "account_age_hours",
    "orders_before",
    "amount_times_own",
    "orders_same_email",
    "orders_same_address",
    "hour_sin",
    "hour_cos",
)
# Both hours are one reason for people.
SHOWN_AS: Final[Mapping[str, str]] = {"hour_sin": "hour_of_day", "hour_cos": "hour_of_day"}
WITHIN_HOURS: Final = 24


def feature_row(facts: Mapping[str, Any]) -> list[float]:
    """In the order of `FEATURES`; amounts and counts as logarithms, what is not known as 0."""
    amount, units = float(facts.get("amount") or 0), float(facts.get("units") or 0)
    angle = 2 * math.pi * float(facts.get("hour", 12.0)) / 24
    return [
        math.log1p(amount),
        math.log1p(units),
        math.log1p(float(facts.get("line_units") or 0)),
        math.log1p(amount / units) if units else 0.0,
        1.0 if facts.get("is_guest") else 0.0,
        math.log1p(max(0.0, float(facts.get("account_age_hours") or 0))),
        math.log1p(float(facts.get("orders_before") or 0)),
        math.log(max(1e-3, float(facts.get("amount_times_own") or 1.0))),
        math.log1p(_lately(facts.get("orders_same_email"))),
        math.log1p(_lately(facts.get("orders_same_address"))),
        math.sin(angle),
        math.cos(angle),
    ]


def feature_matrix(facts: Sequence[Mapping[str, Any]]) -> FloatArray:
    """shape (n_orders, n_features)."""
    if not facts:
        return np.zeros((0, len(FEATURES)))
    return np.array([feature_row(one) for one in facts], dtype=np.float64)


def shown_value(name: str, facts: Mapping[str, Any]) -> Any:
    """What a person reads beside the name of a feature."""
    if name == "hour_of_day":
        return round(float(facts.get("hour", 12.0)), 1)
    if name == "unit_price":
        units = float(facts.get("units") or 0)
        return round(float(facts.get("amount") or 0) / units, 2) if units else None
    if name in ("orders_same_email", "orders_same_address"):
        return _lately(facts.get(name))
    value = facts.get(name)
    return round(value, 2) if isinstance(value, float) else value


def _lately(ages: Sequence[float] | None) -> int:
    return sum(age <= WITHIN_HOURS for age in ages or ())
