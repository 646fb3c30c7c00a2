"""Which products have to be read anew for the search index.

A product says so itself by `updated_at`; what lies beside it (brand, category, attribute, SKU) asks
through here. Reading them is a job, see `catalog.services.indexing`.
"""

from collections.abc import Iterable

from django.db.models import F, Q, QuerySet

from catalog.models import Product, SearchDocument
from learning.jobs import send_on_commit

PRODUCTS_PER_JOB = 200
# A sweep leaves the rest to the next one.
JOBS_PER_SWEEP = 50
# The next sweep asks again, so a queue that nobody works on does not grow with each.
SWEEP_EXPIRES = 60.0


def pending() -> QuerySet[Product]:
    """Products whose words in the index are not those that they have now."""
    return Product.objects.filter(
        Q(search_document__isnull=True)
        | Q(search_document__product_updated_at__isnull=True)
        | ~Q(search_document__product_updated_at=F("updated_at"))
        | ~Q(search_document__asked=F("search_document__answered"))
    )


def request_indexing(*, products: QuerySet[Product]) -> int:
    """Have products read anew, since something beside them changed; returns how many."""
    asked = SearchDocument.objects.filter(product__in=products.order_by().values("pk"))
    n_asked = asked.update(asked=F("asked") + 1)
    send_on_commit("catalog.sweep_search_index")
    return n_asked


def send_for_indexing(*, product_ids: Iterable[int], expires_seconds: float | None = None) -> None:
    """Have products that changed read at once; the sweep would find them within a minute."""
    ids = sorted(set(product_ids))
    for start in range(0, len(ids), PRODUCTS_PER_JOB):
        send_on_commit(
            "catalog.index_products",
            ids[start : start + PRODUCTS_PER_JOB],
            expires_seconds=expires_seconds,
        )


def sweep_pending() -> int:
    """Send every product that waits to a job; returns how many."""
    ids = pending().order_by("pk").values_list("pk", flat=True)[: PRODUCTS_PER_JOB * JOBS_PER_SWEEP]
    send_for_indexing(product_ids=ids, expires_seconds=SWEEP_EXPIRES)
    return len(ids)
