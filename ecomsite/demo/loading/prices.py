"""What each SKU cost in the last months, as the history of a shop would have it."""

from collections.abc import Sequence
from typing import Any

from catalog.models import Sku
from ecomsite.demo.loading.clock import Clock
from ecomsite.demo.trade import DAY, Trade

# A month before a reduction that may itself be weeks old.
HISTORY_DAYS = 90
CHANGED_AT = 6 * 3600


def load_price_history(trade: Trade, sku_ids: Sequence[int], clock: Clock) -> None:
    """A row for the first day and for each on which the price became another one."""
    skus = Sku.objects.in_bulk(sku_ids)
    history = Sku.history.model  # type: ignore[attr-defined]  # by simple_history
    first = max(0, trade.n_days - HISTORY_DAYS)
    rows = []
    place = 0
    for number, product in enumerate(trade.goods.products):
        factors = trade.prices.factor[:, number].tolist()
        discounts = trade.prices.discount[:, number].tolist()
        launched = max(first, int(trade.launched[number]))
        for _sku in product.skus:
            # Its columns of each language have no types.
            sku: Any = skus[sku_ids[place]]
            known = None
            for day in range(launched, trade.n_days):
                price = trade.goods.price(place, factors[day], discounts[day])
                before = trade.goods.list_price(place, factors[day])
                if price != known:
                    rows.append(
                        history(
                            id=sku.pk,
                            product_id=sku.product_id,
                            code=sku.code,
                            name_zh_hans=sku.name_zh_hans,
                            name_en=sku.name_en,
                            price_minor=price,
                            compare_at_minor=before if before > price else None,
                            currency=sku.currency,
                            weight_grams=sku.weight_grams,
                            position=sku.position,
                            is_active=True,
                            created_at=sku.created_at,
                            history_date=clock.moment(day * DAY + CHANGED_AT),
                            history_type="+" if known is None else "~",
                        )
                    )
                    known = price
            place += 1
    history.objects.bulk_create(rows, batch_size=500)
