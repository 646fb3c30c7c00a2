"""The first page of a list in an order that leans to its visitor, a little.

A product that a recommender speaks for moves up by `MOST_STEPS` places at most, so that what fits
the words of a search, or sells best in a category, stays near the top. Nothing is added or left
out. Off until it is switched on: see `docs/recommendations.md`.
"""

from collections.abc import Sequence
from typing import Final

from insights.services.visitors import Visitor
from recommendations.services.experiments import running_on
from recommendations.services.histories import Context, History
from recommendations.services.placement_settings import overridden, settings_of
from recommendations.services.placing import arm_of
from recommendations.services.recommenders import Asked, ask

MOST_STEPS: Final = 4


def may_differ(placement: str) -> bool:
    """Whether there is anything to ask of the visitor at all."""
    return settings_of(placement).is_on or running_on(placement) is not None


def is_reordered(*, placement: str, visitor: Visitor, viewed: Sequence[int]) -> bool:
    """Whether the list of this visitor may differ from everybody's."""
    if not visitor.may_personalise or not (viewed or visitor.customer_id):
        return False
    arm = arm_of(placement=placement, visitor=visitor)
    settings = settings_of(placement)
    return (overridden(settings, arm.settings) if arm else settings).is_on


def reorder(
    *, placement: str, visitor: Visitor, product_ids: Sequence[int], viewed: Sequence[int]
) -> list[int]:
    """The same products; as they are for a visitor of whom nothing is known."""
    ids = list(product_ids)
    if not is_reordered(placement=placement, visitor=visitor, viewed=viewed):
        return ids
    arm = arm_of(placement=placement, visitor=visitor)
    settings = settings_of(placement)
    settings = overridden(settings, arm.settings) if arm else settings
    asked = Asked(settings, History(visitor, Context(viewed=viewed)))
    here = set(ids)
    scores: dict[int, float] = {}
    for name, weight in settings.mix.items():
        for each in ask(name, asked).suggestions if weight > 0 else ():
            if each.product_id in here:
                added = weight * each.score
                scores[each.product_id] = scores.get(each.product_id, 0.0) + added
    top = max(scores.values(), default=0.0)
    if top <= 0:
        return ids
    places = {
        # The half settles ties with those that are passed.
        product_id: place - (MOST_STEPS + 0.5) * scores.get(product_id, 0.0) / top
        for place, product_id in enumerate(ids)
    }
    return sorted(ids, key=places.__getitem__)
