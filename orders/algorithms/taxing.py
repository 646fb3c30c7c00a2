"""Taxes in prices or on top of them, by rate."""

from collections.abc import Sequence
from dataclasses import dataclass

from orders.algorithms.shares import divide_half_up, share_out

WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Rate:
    """basis_points: hundredths of a per cent; 1300 is 13 %."""

    name: str
    basis_points: int


@dataclass(frozen=True, slots=True)
class RateSum:
    """The tax of one rate. base: what is taxed, without the tax."""

    rate: Rate
    base: int
    tax: int


@dataclass(frozen=True, slots=True)
class Taxes:
    """parts: the tax of each amount, in their order; they add up to the sums."""

    parts: tuple[int, ...]
    sums: tuple[RateSum, ...]

    @property
    def tax(self) -> int:
        return sum(self.parts)


def tax_amounts(
    amounts: Sequence[int], rates: Sequence[Rate | None], *, is_included: bool
) -> Taxes:
    """Tax amounts after discounts, rounded half up once per rate and then shared out.

    amounts: minor units, not below zero. None: no rate is known, and nothing is due.
    is_included: the tax is a part of the amounts, amount * rate / (1 + rate); else it comes on top.
    """
    parts = [0] * len(amounts)
    sums = []
    due = {rate for rate in rates if rate is not None and rate.basis_points}
    for rate in sorted(due, key=lambda rate: (-rate.basis_points, rate.name)):
        places = [place for place, one in enumerate(rates) if one == rate]
        gross = [amounts[place] for place in places]
        divisor = WHOLE + rate.basis_points if is_included else WHOLE
        tax = divide_half_up(sum(gross) * rate.basis_points, divisor)
        # A tax on nothing is nothing; a rate of 100 % at most is no more than what it is on.
        for place, part in zip(places, share_out(tax, gross), strict=True):
            parts[place] = part
        sums.append(RateSum(rate, sum(gross) - (tax if is_included else 0), tax))
    return Taxes(tuple(parts), tuple(sums))
