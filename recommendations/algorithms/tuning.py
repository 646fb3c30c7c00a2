"""Chooses the graph's settings for one shop, on the last days of what it may learn from."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from recommendations.algorithms.content import ContentNeighbours
from recommendations.algorithms.evaluation import (
    by_customer,
    discover_quality,
    graph_lists,
    page_quality,
    pages_of,
    returns_of,
)
from recommendations.algorithms.item_graph import GraphSettings, Unit
from recommendations.algorithms.item_graph_training import (
    fit_item_graph,
    top_lists,
    unit_matrix,
    with_source_exponent,
)
from recommendations.algorithms.shopping_log import FloatArray, ShoppingLog, cut_day
from recommendations.algorithms.similar import rank_lists

UNITS: tuple[Unit, ...] = ("customer", "basket")
UNIT_EXPONENTS = (0.3, 0.7)
TARGET_EXPONENTS = (0.1, 0.2, 0.3, 0.5)
SOURCE_EXPONENTS = (0.5, 0.7, 0.9)
BEHAVIOUR_WEIGHTS = (0.0, 0.3)
CONTENT_WEIGHTS = (0.0, 0.1, 0.2, 0.4)
VALIDATION_SHARE = 0.15
LIST_LENGTH = 10


@dataclass(frozen=True)
class Choice:
    """tries: how many settings were measured before this one was taken.

    page_ndcg, discover_ndcg: of the chosen one on the validation days, at 10.
    """

    settings: GraphSettings
    content_weight: float
    tries: int
    page_ndcg: float
    discover_ndcg: float
    validation_from_day: int


def choose_settings(
    log: ShoppingLog, content: ContentNeighbours, *, neighbours: int = 200
) -> Choice:
    """The settings whose product lists best foretell the later baskets of the log.

    The source exponent a divides a whole row, so it cannot change a product's own list: unit,
    b, c and the weight of behaviour are chosen on pages, then the weight of likeness, then a on
    returning customers.
    """
    day = cut_day(log, share=VALIDATION_SHARE)
    past, future = log.before(day), log.since(day)
    pages = pages_of(future)
    best, best_ndcg, tries = GraphSettings(neighbours=neighbours), -1.0, 0
    for group in _page_settings(log, neighbours=neighbours):
        held = unit_matrix(past, unit=group[0].unit, behaviour_weight=group[0].behaviour_weight)
        for settings, lists in zip(group, top_lists(held, group, limit=LIST_LENGTH), strict=True):
            tries += 1
            ndcg = _mean(by_customer(page_quality(lists, pages), pages.customer).ndcg)
            if ndcg > best_ndcg:
                best, best_ndcg = settings, ndcg
    graph = fit_item_graph(past, best)
    content_weight, best_ndcg = 0.0, -1.0
    for weight in CONTENT_WEIGHTS:
        tries += 1
        lists = rank_lists(graph, content, content_weight=weight, limit=LIST_LENGTH)
        ndcg = _mean(by_customer(page_quality(lists, pages), pages.customer).ndcg)
        if ndcg > best_ndcg:
            content_weight, best_ndcg = weight, ndcg
    returns = returns_of(past, future)
    chosen, discover_ndcg = best, -1.0
    for exponent in SOURCE_EXPONENTS:
        tries += 1
        scaled = with_source_exponent(graph, past, exponent)
        lists = graph_lists(scaled, returns, limit=LIST_LENGTH)
        ndcg = _mean(discover_quality(lists, returns).ndcg)
        if ndcg > discover_ndcg:
            chosen, discover_ndcg = scaled.settings, ndcg
    return Choice(
        settings=chosen,
        content_weight=content_weight,
        tries=tries,
        page_ndcg=best_ndcg,
        discover_ndcg=discover_ndcg,
        validation_from_day=day,
    )


def _page_settings(log: ShoppingLog, *, neighbours: int) -> Iterator[list[GraphSettings]]:
    """Groups that differ in c alone, since one pass over the units serves them all."""
    behaviour = BEHAVIOUR_WEIGHTS if log.has_behaviour() else BEHAVIOUR_WEIGHTS[:1]
    for unit, unit_exponent, weight in product(UNITS, UNIT_EXPONENTS, behaviour):
        yield [
            GraphSettings(
                unit=unit,
                unit_exponent=unit_exponent,
                target_exponent=target_exponent,
                behaviour_weight=weight,
                neighbours=neighbours,
            )
            for target_exponent in TARGET_EXPONENTS
        ]


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if len(values) else 0.0
