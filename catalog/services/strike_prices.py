"""Which price before a reduction may be shown.

Directive (EU) 2019/2161, "Omnibus": the price that a reduction is announced against is the lowest
of the 30 days before it. What staff enter as the price before is a wish; shown is at most that
lowest price, and nothing where the history does not reach back far enough to know it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from django.db.models import Q, QuerySet

from catalog.models import Sku

LOOKED_BACK = timedelta(days=30)
ROWS_PER_UPDATE = 500


@dataclass(frozen=True, slots=True)
class PricePeriod:
    """A price from a moment on, until that of the next period.

    price_minor: None while the SKU was not for sale, or was sold in another currency.
    """

    since: datetime
    price_minor: int | None


def refresh_strike_prices(*, skus: QuerySet[Sku]) -> int:
    """Set what pages may show as the price before; returns how many SKUs changed."""
    changed = 0
    wanted = skus.filter(Q(compare_at_minor__isnull=False) | Q(strike_price_minor__isnull=False))
    for batch in _batches(list(wanted.order_by("pk"))):
        history = _histories(batch)
        stale = []
        for sku in batch:
            strike = shown_price_before(
                wish_minor=sku.compare_at_minor, periods=history.get(sku.pk, [])
            )
            # A price that bypassed the history, as of an import, has none to stand on.
            if history.get(sku.pk) and history[sku.pk][-1].price_minor != sku.price_minor:
                strike = None
            if strike != sku.strike_price_minor:
                sku.strike_price_minor = strike
                stale.append(sku)
        # Not `save`: that a price is shown is no change of the SKU's own history.
        Sku.objects.bulk_update(stale, ["strike_price_minor"], batch_size=ROWS_PER_UPDATE)
        changed += len(stale)
    return changed


def shown_price_before(*, wish_minor: int | None, periods: Sequence[PricePeriod]) -> int | None:
    """The wish, but at most the lowest price of the 30 days before the last reduction.

    periods: oldest first; the last one is the present price. None when nothing may be shown: no
    wish, the last change was no reduction, or the prices of all 30 days are not known.
    """
    steps = list(_steps(periods))
    if wish_minor is None or len(steps) < 2:
        return None
    now, before = steps[-1], steps[-2]
    if now.price_minor is None or before.price_minor is None:
        return None
    opening = now.since - LOOKED_BACK
    if steps[0].since > opening or now.price_minor >= before.price_minor:
        return None
    in_window = [
        period.price_minor
        for period, following in pairwise(steps)
        if following.since > opening and period.price_minor is not None
    ]
    shown = min(wish_minor, *in_window)
    return shown if shown > now.price_minor else None


def _steps(periods: Sequence[PricePeriod]) -> Iterator[PricePeriod]:
    """Without entries that leave the price as it was."""
    for _price, same in groupby(periods, key=lambda period: period.price_minor):
        yield next(same)


def _histories(skus: Sequence[Sku]) -> dict[int, list[PricePeriod]]:
    currencies = {sku.pk: sku.currency for sku in skus}
    rows = (
        Sku.history.filter(id__in=list(currencies))  # type: ignore[attr-defined]  # by simple_history
        .exclude(history_type="-")
        .order_by("id", "history_date", "history_id")
        .values_list("id", "history_date", "price_minor", "currency", "is_active")
    )
    found: dict[int, list[PricePeriod]] = {}
    for sku_id, since, price_minor, currency, is_active in rows:
        for_sale = is_active and currency == currencies[sku_id]
        found.setdefault(sku_id, []).append(
            PricePeriod(since=since, price_minor=price_minor if for_sale else None)
        )
    return found


def _batches(skus: list[Sku]) -> Iterable[list[Sku]]:
    for start in range(0, len(skus), ROWS_PER_UPDATE):
        yield skus[start : start + ROWS_PER_UPDATE]
