"""Reading products into the search index. For jobs: it loads the dictionary of Chinese words."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import BigIntegerField, F, IntegerField, QuerySet, Value
from django.utils import timezone
from django.utils.text import slugify

from catalog.algorithms.document_terms import PINYIN_MARK, terms_of
from catalog.algorithms.sounds import sound
from catalog.algorithms.texts import Terms, Texts
from catalog.algorithms.words import deletions, edits_allowed, is_han
from catalog.expressions import SLOT_DIGITS, SLOTS
from catalog.models import (
    AttributeValue,
    Category,
    Product,
    ProductAttribute,
    SearchDocument,
    SearchSpelling,
    SearchTerm,
)
from catalog.services.search_backends import backend
from catalog.services.versions import renew_catalogue_version

BATCH = 200
KEY_LENGTH = 60
# A change of how terms are made: every product is read anew.
RECIPE = 1
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class _Reading:
    """A product as it was read, and what it was asked for then."""

    pk: int
    updated_at: datetime
    asked: int
    sha256: str
    texts: Texts | None


def index_products(*, product_ids: Iterable[int], anew: bool = False) -> int:
    """Bring the index in step with these products; returns how many had other words than before.

    Safe to run twice and beside itself. Products that are not published keep a document without
    words. anew: write also what has not changed.
    """
    n_changed = 0
    ids = sorted(set(product_ids))
    for start in range(0, len(ids), BATCH):
        n_changed += _index(ids[start : start + BATCH], anew=anew)
    return n_changed


def reindex_all() -> int:
    """Write the words of every product anew and count the vocabulary; returns how many products."""
    n_products = 0
    for ids in _every_id():
        index_products(product_ids=ids, anew=True)
        n_products += len(ids)
    tidy_index()
    return n_products


def recheck_all() -> int:
    """Read every product and write those whose words are others than the index has.

    Finds what no change of a product told, such as rows that a program wrote past the services.
    """
    n_changed = sum(index_products(product_ids=ids) for ids in _every_id())
    tidy_index()
    return n_changed


def tidy_index() -> None:
    """Forget products that are gone, and count anew how many products have each word.

    Words are counted outside any transaction: it takes long, and on SQLite nobody could write
    meanwhile. A count that has changed since is left to the next time.
    """
    with transaction.atomic():
        backend().lock_vocabulary()
        backend().forget_missing()
    for (seen, counted), ids in _wrong_counts().items():
        for batch in _batches(ids):
            # Reading a product changes the count by what changes in its words, so a count that
            # stands as it was seen is still wrong by as much.
            SearchTerm.objects.filter(pk__in=batch, n_products=seen).update(n_products=counted)
    with transaction.atomic():
        backend().lock_vocabulary()
        SearchTerm.objects.filter(n_products__lte=0).delete()


def _wrong_counts() -> dict[tuple[int, int], list[int]]:
    """Words by how many products the vocabulary says have them, and how many do."""
    counts: Counter[str] = Counter()
    terms: list[tuple[int, str, int]] = []
    # One statement, so documents and vocabulary are of the same moment.
    documents = SearchDocument.objects.order_by().values_list(
        "words", Value(0, IntegerField()), Value(0, BigIntegerField())
    )
    vocabulary = SearchTerm.objects.order_by().values_list("text", "n_products", "pk")
    for text, n_products, pk in documents.union(vocabulary, all=True).iterator():
        if pk:
            terms.append((pk, text, n_products))
        else:
            counts.update(text.split())
    wrong: dict[tuple[int, int], list[int]] = {}
    for pk, text, n_products in terms:
        if counts[text] != n_products:
            wrong.setdefault((n_products, counts[text]), []).append(pk)
    return wrong


def _every_id() -> Iterator[list[int]]:
    last = 0
    while True:
        ids = list(
            Product.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]
        )
        if not ids:
            return
        yield ids
        last = ids[-1]


def _index(ids: Sequence[int], *, anew: bool) -> int:
    readings = {reading.pk: reading for reading in _read(ids)}
    _share_values(list(readings))
    known = dict(
        SearchDocument.objects.filter(pk__in=list(readings)).values_list("product_id", "sha256")
    )
    # Parted outside the transaction, which is to be short.
    documents = {
        pk: terms_of(reading.texts) if reading.texts else Terms((), (), (), (), frozenset())
        for pk, reading in readings.items()
        if anew or known.get(pk) != reading.sha256
    }
    with transaction.atomic():
        backend().lock_vocabulary()
        before = dict(
            SearchDocument.objects.filter(pk__in=list(documents)).values_list("product_id", "words")
        )
        _write_documents(readings, documents)
        backend().write(documents)
        _count_words(documents, before)
        if documents:
            renew_catalogue_version()
    return len(documents)


def _read(ids: Sequence[int]) -> Iterator[_Reading]:
    paths = _category_names(ids)
    products: QuerySet[Product] = (
        Product.objects.filter(pk__in=ids)
        .select_related("brand", "category", "search_document")
        .prefetch_related("attributes", "skus")
    )
    for product in products:
        document = getattr(product, "search_document", None)
        texts = None
        if product.status == Product.Status.PUBLISHED:
            texts = _texts(product, paths)
        said = json.dumps([RECIPE, asdict(texts) if texts else None], ensure_ascii=False)
        yield _Reading(
            pk=product.pk,
            updated_at=product.updated_at,
            asked=document.asked if document else 0,
            sha256=hashlib.sha256(said.encode()).hexdigest(),
            texts=texts,
        )


def _category_names(ids: Sequence[int]) -> dict[str, tuple[str, ...]]:
    """By path: what a category and those above it are called."""
    paths = Product.objects.filter(pk__in=ids, category__isnull=False).values_list(
        "category__path", flat=True
    )
    step = Category.steplen
    above = {path[:end] for path in set(paths) for end in range(step, len(path) + 1, step)}
    names = {
        category.path: _in_all_languages(category, "name")
        for category in Category.objects.filter(path__in=above)
    }
    return {
        path: tuple(
            name for end in range(step, len(path) + 1, step) for name in names.get(path[:end], ())
        )
        for path in set(paths)
    }


def _texts(product: Product, paths: Mapping[str, tuple[str, ...]]) -> Texts:
    places = paths.get(product.category.path, ()) if product.category else ()
    skus = [sku for sku in product.skus.all() if sku.is_active]
    return Texts(
        names=_in_all_languages(product, "name"),
        places=(*_said(product.brand.name if product.brand else ""), *places),
        traits=_said(
            *(text for row in product.attributes.all() for text in _in_all_languages(row, "value")),
            *(text for sku in skus for text in _in_all_languages(sku, "name")),
            product.code,
            *(sku.code for sku in skus),
        ),
        descriptions=_in_all_languages(product, "description"),
    )


def _in_all_languages(row: Any, field: str) -> tuple[str, ...]:
    """The columns that modeltranslation adds are not known to the type checker."""
    return _said(getattr(row, f"{field}_zh_hans"), getattr(row, f"{field}_en"))


def _said(*texts: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _write_documents(readings: Mapping[int, _Reading], documents: Mapping[int, Terms]) -> None:
    """Only what was read is written: a product that changed since goes on waiting."""
    now = timezone.now()
    written = [
        SearchDocument(
            product_id=pk,
            product_updated_at=readings[pk].updated_at,
            asked=readings[pk].asked,
            answered=readings[pk].asked,
            words=" ".join(sorted(terms.words)),
            sha256=readings[pk].sha256,
            indexed_at=now,
        )
        for pk, terms in documents.items()
    ]
    SearchDocument.objects.bulk_create(
        written,
        update_conflicts=True,
        unique_fields=["product"],
        update_fields=["product_updated_at", "answered", "words", "sha256", "indexed_at"],
    )
    same = [
        SearchDocument(product_id=pk, product_updated_at=reading.updated_at, answered=reading.asked)
        for pk, reading in readings.items()
        if pk not in documents
    ]
    SearchDocument.objects.bulk_update(same, ["product_updated_at", "answered"])


def _count_words(documents: Mapping[int, Terms], before: Mapping[int, str]) -> None:
    """Keep the vocabulary: how many products have each word."""
    change: Counter[str] = Counter()
    for pk, terms in documents.items():
        change.update(terms.words)
        change.subtract(before.get(pk, "").split())
    by_change: dict[int, list[str]] = {}
    for text, n_more in change.items():
        if n_more:
            by_change.setdefault(n_more, []).append(text)
    _add_terms([text for n_more, texts in by_change.items() if n_more > 0 for text in texts])
    for n_more, texts in by_change.items():
        for batch in _batches(texts):
            SearchTerm.objects.filter(text__in=batch).update(n_products=F("n_products") + n_more)


def _add_terms(texts: Sequence[str]) -> None:
    known: set[str] = set()
    for batch in _batches(texts):
        known.update(SearchTerm.objects.filter(text__in=batch).values_list("text", flat=True))
    fresh = [text for text in texts if text not in known]
    terms = SearchTerm.objects.bulk_create(
        [SearchTerm(text=text, kind=_kind(text), sound=_sound(text)) for text in fresh],
        batch_size=BATCH,
    )
    SearchSpelling.objects.bulk_create(
        [
            SearchSpelling(term=term, key=key)
            for term in terms
            if term.kind in (SearchTerm.Kind.LATIN, SearchTerm.Kind.WORD)
            if (most := edits_allowed(term.text)) and not any(c.isdigit() for c in term.text)
            for key in sorted(deletions(term.text, most=most))
        ],
        batch_size=1000,
    )


def _kind(text: str) -> SearchTerm.Kind:
    if text.startswith(PINYIN_MARK):
        return SearchTerm.Kind.PINYIN
    if not is_han(text):
        return SearchTerm.Kind.LATIN
    return SearchTerm.Kind.WORD if len(text) > 1 else SearchTerm.Kind.CHARACTER


def _sound(text: str) -> str:
    return sound(text)[:120] if is_han(text) and 1 < len(text) <= 8 else ""


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), 500):
        yield rows[start : start + 500]


def _share_values(ids: Sequence[int]) -> None:
    """Give equal values of an attribute one row, which facets count and addresses name."""
    rows = list(
        ProductAttribute.objects.filter(product__in=ids)
        .order_by("product", "attribute__code")
        .select_related("attribute")
    )
    keys = {row.pk: _value_key(row) for row in rows}
    wanted = {(row.attribute_id, keys[row.pk]): row for row in rows if keys[row.pk]}
    AttributeValue.objects.bulk_create(
        [
            AttributeValue(
                attribute_id=attribute,
                key=key,
                name=row.value,
                **{f"name_{code}": getattr(row, f"value_{code}") for code in ("zh_hans", "en")},
            )
            for (attribute, key), row in sorted(wanted.items(), key=lambda entry: entry[0])
        ],
        ignore_conflicts=True,
    )
    values = AttributeValue.objects.filter(
        attribute__in={attribute for attribute, _key in wanted},
        key__in={key for _attribute, key in wanted},
    )
    shared = {(value.attribute_id, value.key): value.pk for value in values}
    slots: dict[int, list[int]] = {pk: [] for pk in ids}
    moved: list[ProductAttribute] = []
    for row in rows:
        value = shared.get((row.attribute_id, keys[row.pk]))
        # What no facet counts, no facet filters by.
        fits = value is not None and len(slots[row.product_id]) < SLOTS
        if value is not None and fits:
            slots[row.product_id].append(value)
        if row.shared_value_id != (value if fits else None):
            row.shared_value_id = value if fits else None
            moved.append(row)
    known = dict(Product.objects.filter(pk__in=ids).values_list("pk", "attribute_slots"))
    written = {
        pk: "".join(f"{value:0{SLOT_DIGITS}x}" for value in values) for pk, values in slots.items()
    }
    stale = [
        Product(pk=pk, attribute_slots=written[pk]) for pk in known if known[pk] != written[pk]
    ]
    if not moved and not stale:
        return
    with transaction.atomic():
        ProductAttribute.objects.bulk_update(moved, ["shared_value"])
        Product.objects.bulk_update(stale, ["attribute_slots"])
        renew_catalogue_version()


def _value_key(row: ProductAttribute) -> str:
    """From the English value where there is one: addresses stay the same in both languages."""
    texts = _in_all_languages(row, "value")
    return slugify(texts[-1] if texts else "", allow_unicode=True)[:KEY_LENGTH]
