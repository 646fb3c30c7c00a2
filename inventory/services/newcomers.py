"""New SKUs, and what is known of every SKU before it sells."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import numpy as np
from django.db.models import Q, QuerySet
from django.utils import timezone
from numpy.typing import NDArray

from catalog.models import Product, Sku
from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.cold_start import word_weights
from inventory.algorithms.newcomers import Traits
from inventory.models import DemandDay

# What has been for sale for so long and did not sell is no newcomer.
NEW_FOR_DAYS: Final = 56
IDLE_DAYS: Final = 91
BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class SkuTraits:
    """Columns of shape (n_skus,): texts, price in minor units, category or 0, and who is new."""

    texts: list[str]
    price: FloatArray
    category: IntArray
    is_new: NDArray[np.bool_]

    def as_features(self) -> Traits | None:
        """None where nobody is new: reading a hundred thousand names takes seconds."""
        if not self.is_new.any():
            return None
        return Traits(word_weights(self.texts), self.price, self.is_new)


def newcomers_of(*, as_of: date) -> IntArray:
    """Published SKUs put on sale lately that nobody asked for yet, ascending."""
    evening = datetime.combine(
        as_of + timedelta(days=1), time.min, tzinfo=timezone.get_default_timezone()
    )
    rows = (
        Sku.objects.filter(
            is_active=True,
            product__status=Product.Status.PUBLISHED,
            created_at__lt=evening,
            created_at__gte=evening - timedelta(days=NEW_FOR_DAYS),
        )
        .filter(Q(product__published_at=None) | Q(product__published_at__lt=evening))
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    return np.array(list(rows), dtype=np.int64)


def traits_of(*, sku_ids: IntArray, days_since_sale: IntArray, as_of: date) -> SkuTraits:
    """What is known of SKUs; new is what is for sale and was asked for lately or not at all.

    Whoever has a past of his own is told apart later: the model has a row for him already.
    days_since_sale: -1 where the history that is learned from has none, shape (n_skus,).
    """
    place = {sku_id: row for row, sku_id in enumerate(sku_ids.tolist())}
    count = len(place)
    texts, price = [""] * count, np.full(count, np.nan)
    category, is_new = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.bool_)
    is_idle = days_since_sale >= IDLE_DAYS
    is_idle[np.isin(sku_ids, _asked_for_ever(sku_ids[days_since_sale < 0], as_of))] = True
    # A plain list: that of translated models looks up the language of the reader in every row.
    rows = QuerySet[Sku](Sku).values_list(
        "pk",
        "price_minor",
        "is_active",
        "name_en",
        "name_zh_hans",
        "product__category_id",
        "product__name_en",
        "product__name_zh_hans",
    )
    for sku_id, minor, is_active, *variant, group, english, chinese in rows.iterator(10_000):
        if (row := place.get(sku_id)) is None:
            continue
        texts[row] = " ".join(filter(None, (english, chinese, *variant)))
        price[row] = minor
        category[row] = group or 0
        is_new[row] = is_active
    return SkuTraits(texts, price, category, is_new & ~is_idle)


def _asked_for_ever(sku_ids: IntArray, as_of: date) -> list[int]:
    wanted = sku_ids.tolist()
    days = DemandDay.objects.filter(day__lte=as_of, units_requested__gt=0).order_by()
    return [
        sku_id
        for start in range(0, len(wanted), BATCH)
        for sku_id in days.filter(sku_id__in=wanted[start : start + BATCH])
        .values_list("sku_id", flat=True)
        .distinct()
    ]
