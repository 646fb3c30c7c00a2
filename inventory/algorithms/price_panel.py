"""Weeks of SKUs with what was asked for and at what mean price: what elasticities are read from."""

from dataclasses import dataclass, replace

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray

DAYS_A_WEEK = 7


@dataclass(frozen=True)
class PricePanel:
    """Weeks in which a SKU was asked for; every array but `sku_ids` has shape (n_rows,).

    sku_ids: ascending, shape (n_skus,). sku: places in it. week: 0 is the oldest whole week; the
    newest one, `n_weeks - 1`, ends with the last day. log_units, log_price: natural logarithms of
    the week's units and of its mean price in minor units.
    """

    sku_ids: IntArray
    sku: IntArray
    week: IntArray
    log_units: FloatArray
    log_price: FloatArray
    n_weeks: int

    @property
    def n_skus(self) -> int:
        return len(self.sku_ids)

    def __len__(self) -> int:
        return len(self.sku)

    def of(self, rows: BoolArray) -> "PricePanel":
        return replace(
            self,
            sku=self.sku[rows],
            week=self.week[rows],
            log_units=self.log_units[rows],
            log_price=self.log_price[rows],
        )

    def until(self, week: int) -> "PricePanel":
        """What was known on the morning of week number `week`."""
        return replace(self.of(self.week < week), n_weeks=week)


def is_usable(units: FloatArray, bulk_units: FloatArray, price: FloatArray) -> BoolArray:
    """Days that say something of price and demand, shape (n_days,).

    Left out are days without a price above zero and days with a bulk order: whoever buys a pallet
    is given another price, which is no answer of demand to a price.
    """
    usable: BoolArray = (
        np.isfinite(units) & (units > 0) & np.isfinite(price) & (price > 0) & (bulk_units <= 0)
    )
    return usable


def build_panel(
    *,
    sku_id: IntArray,
    day: IntArray,
    units: FloatArray,
    bulk_units: FloatArray,
    price: FloatArray,
    n_days: int,
) -> PricePanel:
    """Add days up to whole weeks, counted back from the last day; a first part week is left out.

    sku_id, day, units, bulk_units, price: shape (n_rows,); day counts from 0 to n_days - 1, price
    is the mean of the day in minor units, NaN for none.
    """
    n_weeks = n_days // DAYS_A_WEEK
    week = (day - (n_days - n_weeks * DAYS_A_WEEK)) // DAYS_A_WEEK
    rows = is_usable(units, bulk_units, price) & (week >= 0)
    sku_ids, sku = np.unique(sku_id[rows], return_inverse=True)
    cells, cell = np.unique(sku * max(n_weeks, 1) + week[rows], return_inverse=True)
    sold = np.bincount(cell, units[rows], minlength=len(cells))
    money = np.bincount(cell, units[rows] * price[rows], minlength=len(cells))
    return PricePanel(
        sku_ids=sku_ids,
        sku=cells // max(n_weeks, 1),
        week=cells % max(n_weeks, 1),
        log_units=np.log(sold),
        log_price=np.log(money / sold),
        n_weeks=n_weeks,
    )


def demean_twice(values: FloatArray, panel: PricePanel, *, rounds: int = 30) -> FloatArray:
    """Values without what is the SKU's own or the week's own, shape (n_rows,).

    Alternating projections (Guimaraes and Portugal 2010); 30 rounds leave less than 1e-6 on an
    unbalanced panel of 77,000 rows.
    """
    left = values.astype(np.float64)
    per_sku = np.maximum(1, np.bincount(panel.sku, minlength=panel.n_skus))
    per_week = np.maximum(1, np.bincount(panel.week, minlength=panel.n_weeks))
    for _round in range(rounds):
        left = (
            left - (np.bincount(panel.week, left, minlength=panel.n_weeks) / per_week)[panel.week]
        )
        left = left - (np.bincount(panel.sku, left, minlength=panel.n_skus) / per_sku)[panel.sku]
    return left


def price_variation(panel: PricePanel) -> FloatArray:
    """Sum of squared distances of log prices from the SKU's mean, shape (n_skus,)."""
    count = np.maximum(1, np.bincount(panel.sku, minlength=panel.n_skus))
    mean = np.bincount(panel.sku, panel.log_price, minlength=panel.n_skus) / count
    squared = np.bincount(
        panel.sku, (panel.log_price - mean[panel.sku]) ** 2, minlength=panel.n_skus
    )
    # Of no row at all it makes whole numbers.
    return squared.astype(np.float64)
