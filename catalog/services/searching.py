"""Finding products by words, best first, on whichever database the shop runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Least

from catalog.algorithms.words import whole
from catalog.models import Product
from catalog.services.search_backends import Depth, Group, backend
from catalog.services.shelves import Kind, Place, scanned
from catalog.services.understanding import Understanding

# A match in a better place outweighs any popularity; within a place, stock, then sales decide.
TIER = 1_000_000
IN_STOCK = 500_000
MOST_UNITS = 99_999


@dataclass(frozen=True, slots=True)
class Found:
    """products: all that match, in no order. rank: greater is better, the same on every page."""

    products: QuerySet[Product]
    rank: Combinable


def search(query: Understanding) -> Place:
    """Products that have every word of the query somewhere.

    Tiers: all of the name; all words in the name; with brand and category; with attributes and
    SKUs; with description and pinyin.
    """
    engine, groups = backend(), query.groups
    exact = Group(((whole(query.text),),))
    return Place(
        _FOUND,
        (engine.question(groups),),
        (
            engine.question([exact], Depth.NAME),
            *(engine.question(groups, depth) for depth in (Depth.NAME, Depth.PLACE, Depth.TRAITS)),
        ),
    )


def _answering(question: str, *_of_rank: str) -> QuerySet[Product]:
    return scanned().filter(backend().answering(question))


def _rank(_asked: str, exact: str, name: str, place: str, traits: str) -> Combinable:
    tiers = [
        When(backend().answering(question), then=Value(number * TIER))
        for number, question in ((5, exact), (4, name), (3, place), (2, traits))
    ]
    return Case(*tiers, default=Value(TIER), output_field=IntegerField()) + _popularity()


_FOUND = Kind(products=_answering, page=_answering, rank=_rank)


def search_any(*, products: QuerySet[Product], query: Understanding) -> Found:
    """Products that have some word of the query; more words, and words in the name, stand first.

    Single Chinese characters say too little by themselves; the query must hold something else.
    """
    engine, groups = backend(), query.telling_groups
    return Found(
        products=products.filter(engine.matching(groups, any_group=True)),
        rank=_sum(
            [
                *(_points(engine.matching([group]), 2 * TIER) for group in groups),
                *(_points(engine.matching([group], Depth.NAME), TIER) for group in groups),
                _popularity(),
            ]
        ),
    )


def _popularity() -> Combinable:
    return Least(F("units_sold_30_days"), Value(MOST_UNITS)) + _points(Q(has_stock=True), IN_STOCK)


def _points(condition: Q | Combinable, points: int) -> Combinable:
    return Case(When(condition, then=Value(points)), default=Value(0), output_field=IntegerField())


def _sum(parts: Sequence[Combinable]) -> Combinable:
    total = parts[0]
    for added in parts[1:]:
        total = total + added
    return total
