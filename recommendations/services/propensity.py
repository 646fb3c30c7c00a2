"""How likely a shown product was to be where it was: told beside its source, and so kept with it.

"recommendations.next_item:3@0.0125" is a product that version 3 chose and that had this chance to
stand at its position. Without a chance the order was not left to it, so it was certain.
"""

LONGEST = 60
_MARK = "@"


def with_propensity(source: str, propensity: float | None) -> str:
    if propensity is None:
        return source[:LONGEST]
    chance = f"{_MARK}{max(min(propensity, 1.0), 1e-6):.6g}"
    return source[: LONGEST - len(chance)] + chance


def read_source(source: str) -> tuple[str, float | None]:
    """What chose, and the chance if one was told; nonsense is no chance."""
    name, mark, chance = source.rpartition(_MARK)
    if not mark:
        return source, None
    try:
        told = float(chance)
    except ValueError:
        return source, None
    return (name, told) if 0.0 < told <= 1.0 else (source, None)
