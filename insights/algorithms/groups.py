"""Groups of customers by language, region and how long they have been customers."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
NEW_DAYS = 90


def customer_groups(
    *,
    language: NDArray[np.str_],
    country: NDArray[np.str_],
    tenure_days: NDArray[np.int64],
    floor: int,
) -> dict[str, BoolArray]:
    """Which rows belong to each group, by code: "language:en", "region:CN", "customers:new".

    floor: groups of fewer rows are left out; small regions are put together as "region:other".
    """
    groups: dict[str, BoolArray] = {}
    for one in np.unique(language):
        groups[f"language:{one}"] = np.asarray(language == one)
    small = np.zeros(len(country), dtype=np.bool_)
    for one in np.unique(country):
        inside = np.asarray(country == one)
        if one and inside.sum() >= floor:
            groups[f"region:{one}"] = inside
        else:
            small |= inside
    groups["region:other"] = small
    groups["customers:new"] = np.asarray(tenure_days <= NEW_DAYS)
    groups["customers:old"] = np.asarray(tenure_days > NEW_DAYS)
    return {name: rows for name, rows in groups.items() if rows.sum() >= max(floor, 1)}


def grouped(
    groups: Mapping[str, BoolArray], measure: Callable[[BoolArray], Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """The same figures for each group, with how many rows they stand on.

    Figures that a group cannot have (not a number) are left out.
    """
    found = {}
    for name, rows in groups.items():
        figures = {
            code: float(value) for code, value in measure(rows).items() if np.isfinite(value)
        }
        found[name] = {**figures, "rows": float(rows.sum())}
    return found
