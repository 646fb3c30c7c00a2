"""Comparing a figure with its bound."""

import math


def meets(value: float | None, bound: float, *, higher_is_better: bool) -> bool:
    """Whether a figure reaches its bound; a missing or non-finite figure never does."""
    if value is None or not math.isfinite(value):
        return False
    return value >= bound if higher_is_better else value <= bound
