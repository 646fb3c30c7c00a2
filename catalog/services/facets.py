"""The facets of a shelf: what it can be narrowed by, and how many products that leaves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from catalog.algorithms.facet_counts import Counts, FacetTable, Selection, price_steps
from catalog.expressions import Joined
from catalog.models import Product
from catalog.money import format_money
from catalog.services.cards import reads_chinese
from catalog.services.filters import ATTRIBUTE_PREFIX, Filters, price_value

OPTIONS_SHOWN = 12
ATTRIBUTES_SHOWN = 6
LABELS_READ = 400


@dataclass(frozen=True, slots=True)
class Option:
    """value: what the field of a form says; count: how many products choosing it leaves."""

    value: str
    label: str
    count: int
    is_selected: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """code: name of the field. kind: "several" options add up, of "one" at most one is chosen,
    "switch" has a single option."""

    code: str
    title: str
    kind: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter that is set. remaining: the query of a link that takes it away."""

    code: str
    value: str
    label: str
    remaining: str


@dataclass(frozen=True, slots=True)
class CountedFacets:
    total: int
    facets: tuple[Facet, ...]
    chips: tuple[Chip, ...]
    price_lowest_minor: int | None
    price_highest_minor: int | None


@dataclass(frozen=True, slots=True)
class _Label:
    """A brand (attribute 0) or the value of an attribute."""

    pk: int
    key: str
    text: str
    attribute: int
    attribute_code: str
    attribute_title: str


def read_table(products: QuerySet[Product]) -> FacetTable:
    """The facets of `products`, which no filter has narrowed yet; one query."""
    read = products.order_by().aggregate(records=Joined("facet_record"))
    return FacetTable(read["records"] or "")


def count_facets(*, table: FacetTable, filters: Filters) -> CountedFacets:
    """One query, for what the options are called."""
    brands, values = _labels(table, filters)
    attribute_of = {pk: label.attribute for pk, label in values.items()}
    counts = table.count(_selection(filters, brands, values), attribute_of)
    facets = [
        _labelled_facet("brand", gettext("Brand"), brands.values(), counts.brands, filters.brands),
        _price_facet(counts, filters),
        *_attribute_facets(values, counts, filters),
        _rating_facet(counts, filters),
        _switch(
            "stock", gettext("Availability"), gettext("In stock"), counts.in_stock, filters.in_stock
        ),
        _switch("offer", gettext("Offers"), gettext("On offer"), counts.on_offer, filters.on_offer),
    ]
    shown = tuple(facet for facet in facets if facet.options)
    return CountedFacets(
        total=counts.total,
        facets=shown,
        chips=tuple(_chips(shown, filters)),
        price_lowest_minor=int(counts.prices[0]) if len(counts.prices) else None,
        price_highest_minor=int(counts.prices[-1]) if len(counts.prices) else None,
    )


def _labels(table: FacetTable, filters: Filters) -> tuple[dict[int, _Label], dict[int, _Label]]:
    """Brands and attribute values of these products, and those asked for; one query."""
    if not table.n_products and filters.are_empty:
        return {}, {}
    chosen = [key for keys in filters.attributes.values() for key in keys]
    with connection.cursor() as cursor:
        cursor.execute(*_labels_statement(table, filters.brands, chosen))
        rows = cursor.fetchall()
    is_chinese = reads_chinese()
    labels = [
        _Label(
            pk=pk,
            key=key,
            text=(chinese if is_chinese else english) or chinese or english or "",
            attribute=attribute,
            attribute_code=code,
            attribute_title=(title_chinese if is_chinese else title_english) or title_chinese,
        )
        for attribute, pk, key, chinese, english, code, title_chinese, title_english in rows
    ]
    return (
        {label.pk: label for label in labels if not label.attribute},
        {label.pk: label for label in labels if label.attribute},
    )


def _labels_statement(
    table: FacetTable, slugs: Sequence[str], keys: Sequence[str]
) -> tuple[str, list[Any]]:
    """By hand: the ORM takes longer to spell these two than the database to answer them."""
    brands = table.brand_keys(LABELS_READ) or [0]
    values = table.value_keys(LABELS_READ) or [0]
    return (
        "SELECT 0, id, slug, name, name, '', '', '' FROM catalog_brand "  # noqa: S608  # only marks are put in
        f"WHERE id IN ({_marks(brands)}) OR slug IN ({_marks(slugs or [''])}) "
        "UNION ALL SELECT a.id, v.id, v.key, v.name_zh_hans, v.name_en, a.code, a.name_zh_hans, "
        "a.name_en FROM catalog_attributevalue v JOIN catalog_attribute a ON a.id = v.attribute_id "
        f"WHERE v.id IN ({_marks(values)}) OR v.key IN ({_marks(keys or [''])})",
        [*brands, *(slugs or [""]), *values, *(keys or [""])],
    )


def _marks(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def _selection(
    filters: Filters, brands: Mapping[int, _Label], values: Mapping[int, _Label]
) -> Selection:
    codes = {label.attribute_code: label.attribute for label in values.values()}
    return Selection(
        brands=(
            frozenset(pk for pk, label in brands.items() if label.key in filters.brands)
            if filters.brands
            else None
        ),
        price_min=filters.price_min_minor,
        price_max=filters.price_max_minor,
        in_stock=filters.in_stock,
        on_offer=filters.on_offer,
        min_rating=filters.min_rating,
        values={
            # An attribute that no product has: a filter that nothing passes.
            codes.get(code, -place): frozenset(
                pk
                for pk, label in values.items()
                if label.attribute_code == code and label.key in keys
            )
            for place, (code, keys) in enumerate(filters.attributes.items(), start=1)
        },
    )


def _labelled_facet(
    code: str,
    title: str,
    labels: Any,
    counts: Mapping[int, int],
    chosen: Sequence[str],
) -> Facet:
    options = [
        Option(label.key, label.text, counts.get(label.pk, 0), label.key in chosen)
        for label in labels
    ]
    options = [option for option in options if option.count or option.is_selected]
    options.sort(key=lambda option: (not option.is_selected, -option.count, option.label))
    if len(options) == 1 and not options[0].is_selected:
        # Nothing to choose between.
        options = []
    shown = [
        option
        for place, option in enumerate(options)
        if place < OPTIONS_SHOWN or option.is_selected
    ]
    shown.sort(key=lambda option: (-option.count, option.label))
    return Facet(code, title, "several", tuple(shown))


def _attribute_facets(
    values: Mapping[int, _Label], counts: Counts, filters: Filters
) -> list[Facet]:
    by_attribute: dict[int, list[_Label]] = {}
    for label in values.values():
        by_attribute.setdefault(label.attribute, []).append(label)
    facets = [
        _labelled_facet(
            f"{ATTRIBUTE_PREFIX}{labels[0].attribute_code}",
            labels[0].attribute_title,
            labels,
            counts.values,
            filters.attributes.get(labels[0].attribute_code, ()),
        )
        for labels in by_attribute.values()
    ]
    # What most products have a value of stands first; a facet in use stays.
    rank: Callable[[Facet], tuple[bool, int, str]] = lambda facet: (  # noqa: E731
        not any(option.is_selected for option in facet.options),
        -sum(option.count for option in facet.options),
        facet.code,
    )
    kept = sorted((facet for facet in facets if facet.options), key=rank)[:ATTRIBUTES_SHOWN]
    return sorted(kept, key=lambda facet: facet.code)


def _price_facet(counts: Counts, filters: Filters) -> Facet:
    chosen = price_value(filters.price_min_minor, filters.price_max_minor)
    options = [
        Option(value, _price_label(low, high), count, filters.has_price and value == chosen)
        for low, high, count in price_steps(counts.prices)
        for value in [price_value(low, high)]
    ]
    return Facet("price", gettext("Price"), "one", tuple(options))


def _price_label(low: int | None, high: int | None) -> str:
    """Bounds as people say them: of 50.00 to 99.99, "50 to 100"."""
    currency = settings.CURRENCY
    if high is None:
        return gettext("%(price)s and more") % {"price": format_money(low or 0, currency)}
    above = high + 1 if high % 10 == 9 else high
    if not low:
        return gettext("up to %(price)s") % {"price": format_money(above, currency)}
    return gettext("%(low)s to %(high)s") % {
        "low": format_money(low, currency),
        "high": format_money(above, currency),
    }


def _rating_facet(counts: Counts, filters: Filters) -> Facet:
    options = [
        Option(
            str(stars), _stars_label(stars), counts.ratings[stars - 1], stars == filters.min_rating
        )
        for stars in (4, 3, 2)
    ]
    return Facet(
        "rating",
        gettext("Rating"),
        "one",
        tuple(option for option in options if option.count or option.is_selected),
    )


def _stars_label(stars: int) -> str:
    return ngettext("%(n)s star and more", "%(n)s stars and more", stars) % {
        "n": number_format(stars)
    }


def _switch(code: str, title: str, label: str, count: int, is_selected: bool) -> Facet:
    option = Option("1", label, count, is_selected)
    return Facet(code, title, "switch", (option,) if count or is_selected else ())


def _chips(facets: Sequence[Facet], filters: Filters) -> list[Chip]:
    labels = {
        (facet.code, option.value): f"{facet.title}: {option.label}"
        if facet.kind != "switch"
        else option.label
        for facet in facets
        for option in facet.options
    }
    chips = []
    for code, value in filters.pairs():
        label = labels.get((code, value), value)
        if code == "price":
            label = _price_label(filters.price_min_minor, filters.price_max_minor)
        elif code == "rating":
            label = _stars_label(int(value))
        chips.append(Chip(code, value, label, filters.without(code, value).query()))
    return chips
