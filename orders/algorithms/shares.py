"""Dividing a whole amount into whole parts that add up to it again."""

from collections.abc import Sequence


def share_out(amount: int, weights: Sequence[int]) -> list[int]:
    """Parts of the amount in proportion to the weights, by largest remainder (Hamilton).

    amount: minor units, not below zero; weights: not below zero.
    The parts add up to the amount. With an amount of at most the sum of the weights no part is
    above its weight. Of equal remainders the first comes first. Without any weight there is nothing
    to carry an amount: all zeros for 0, else ValueError.
    """
    whole = sum(weights)
    if amount < 0 or any(weight < 0 for weight in weights):
        raise ValueError("amounts and weights are not below zero")
    if not whole:
        if amount:
            raise ValueError("nothing to share an amount over")
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(
        range(len(weights)), key=lambda place: (-(amount * weights[place] % whole), place)
    )
    for place in by_remainder[: amount - sum(parts)]:
        parts[place] += 1
    return parts


def divide_half_up(dividend: int, divisor: int) -> int:
    """dividend / divisor for amounts not below zero, a half rounded up."""
    return (2 * dividend + divisor) // (2 * divisor)
