"""What to offer while somebody types: products, categories, brands, and ways to go on."""

from dataclasses import dataclass
from functools import cache

from django.db import connection
from django.db.models import CharField, F, IntegerField, Q, QuerySet, Value
from django.utils.translation import get_language

from catalog.algorithms.words import STOP_WORDS, fold, is_han, stem
from catalog.models import Brand, Category, Product, SearchTerm
from catalog.services.search_backends import Depth, Group, backend
from catalog.services.understanding import (
    LONGEST_WORD,
    PINYIN_MARK,
    clean_query,
    join_words,
    query_runs,
)
from learning.prepared import Prepared

SHORTEST_LATIN = 2
COMPLETIONS = 4
BEST_SELLERS = 300
# So few are put in order sooner than the best sellers are asked for.
COMMON_PRODUCTS = 500
PLACES = 3


@dataclass(frozen=True, slots=True)
class Place:
    """A category or a brand that is called so. kind: "category" or "brand"."""

    kind: str
    name: str
    slug: str


@dataclass(frozen=True, slots=True)
class Suggestions:
    """completions: whole queries. products: name, slug and price, nothing that needs a join."""

    completions: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()
    products: tuple[Product, ...] = ()

    @property
    def are_empty(self) -> bool:
        return not (self.completions or self.places or self.products)


def suggest(text: str, *, limit: int = 8) -> Suggestions:
    """At most `limit` products; three queries, four where best sellers do not say it, none
    for a text that says nothing yet.
    """
    text = clean_query(text)
    runs = query_runs(text)
    if not runs or (len(runs) == 1 and not is_han(runs[0]) and len(runs[0]) < SHORTEST_LATIN):
        return Suggestions()
    completions, n_products = _completions(runs)
    return Suggestions(
        completions=completions,
        places=_places(text),
        products=_products(
            runs, limit=max(1, min(limit, 20)), is_common=n_products >= COMMON_PRODUCTS
        ),
    )


def _completions(runs: list[str]) -> tuple[tuple[str, ...], int]:
    """The query with its last word completed, by what most products have; and how many have the
    commonest."""
    *before, last = runs
    begun = _begins("text", last)
    if is_han(last):
        begun = _begins("text", last[-LONGEST_WORD:]) & Q(kind=SearchTerm.Kind.WORD)
    else:
        begun &= Q(kind=SearchTerm.Kind.LATIN)
        if not before or is_han(before[-1]):
            begun |= _begins("sound", last)
    terms = (
        SearchTerm.objects.filter(begun, n_products__gt=0)
        .order_by("-n_products", "text")
        .values_list("text", "n_products")[: 3 * COMPLETIONS]
    )
    rows = list(terms)
    completed = [join_words([*before, term]) for term, _n in rows if term not in STOP_WORDS]
    asked = join_words(runs)
    offered = tuple(query for query in completed if query != asked)[:COMPLETIONS]
    return offered, rows[0][1] if rows else 0


def _begins(column: str, text: str) -> Q:
    """So that an index serves it: PostgreSQL has one for patterns, SQLite by code points."""
    if connection.vendor == "postgresql":
        return Q(**{f"{column}__startswith": text})
    return Q(**{f"{column}__gte": text, f"{column}__lt": text + "\U0010ffff"})


def _places(text: str) -> tuple[Place, ...]:
    names = {"zh-hans": "name_zh_hans", "en": "name_en"}
    shown = names.get(get_language() or "", "name_zh_hans")
    words = (text, fold(text))
    named = Q()
    for word in words:
        named |= Q(name_zh_hans__icontains=word) | Q(name_en__icontains=word)
    # Plain query sets: modeltranslation gives columns in an order of its own.
    categories = (
        QuerySet(Category)
        .filter(named)
        .annotate(rank=Value(0, IntegerField()), kind=Value("category", CharField()))
        .annotate(said=F(shown), fallback=F("name_zh_hans"))
        .values_list("rank", "kind", "said", "fallback", "slug")
    )
    brands = (
        QuerySet(Brand)
        .filter(name__icontains=text)
        .annotate(rank=Value(1, IntegerField()), kind=Value("brand", CharField()))
        .annotate(said=F("name"), fallback=F("name"))
        .values_list("rank", "kind", "said", "fallback", "slug")
    )
    rows = categories.order_by().union(brands.order_by(), all=True)
    found = [
        Place(kind, said or fallback or slug, slug) for _rank, kind, said, fallback, slug in rows
    ]
    return tuple(found[:PLACES])


def _products(runs: list[str], *, limit: int, is_common: bool) -> tuple[Product, ...]:
    *before, last = runs
    groups = [Group(((word if is_han(word) else stem(word),),)) for word in before]
    if is_han(last):
        groups.append(Group(tuple((part,) for part in (last,)), is_open=True))
    else:
        groups.append(Group(((last,), (PINYIN_MARK + last,)), is_open=True))
    return (_best_named(groups, limit) if is_common else ()) or _any_named(groups, limit)


def _best_named(groups: list[Group], limit: int) -> tuple[Product, ...]:
    """What `_any_named` gives where its answer lies among the best sellers; nothing elsewhere.

    To put all that begins so in order takes longer the more there is, but then the first of it
    are soon found.
    """
    found = _best(limit).objects(backend().question(groups, Depth.PLACE))
    return tuple(found) if len(found) == limit else ()


# A limit is a part of the statement, and there are twenty at most.
@cache
def _best(limit: int) -> Prepared:
    best_sellers = (
        Product.objects.published().filter(has_stock=True).order_by("-units_sold_30_days", "-pk")
    )
    return Prepared(
        lambda question: (
            _shown()
            .filter(pk__in=best_sellers.values("pk")[:BEST_SELLERS])
            .filter(backend().answering(question))
            .order_by("-units_sold_30_days", "-pk")[:limit]
        )
    )


def _any_named(groups: list[Group], limit: int) -> tuple[Product, ...]:
    engine = backend()
    found = (
        _shown()
        .filter(engine.matching(groups))
        .annotate(is_named=engine.matching(groups, Depth.PLACE))
    )
    return tuple(found.order_by("-is_named", "-has_stock", "-units_sold_30_days", "-pk")[:limit])


def _shown() -> QuerySet[Product]:
    products: QuerySet[Product] = Product.objects.published()
    return products.only(
        "name_zh_hans", "name_en", "name", "slug", "price_from_minor", "price_currency"
    )
