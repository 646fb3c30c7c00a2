"""The served demand model: level x shop factor x shared profile, with pooled quantiles.

Only numpy is imported, so that a page or a worker can load it at no cost; what fits it is in
`demand_training`.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, NamedTuple

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray
from inventory.algorithms.conformal import Bins, RatioTable
from inventory.algorithms.profile import DayProfile
from inventory.algorithms.shop_total import ShopTotal

LAYOUT = 1


class DemandFactor(NamedTuple):
    """One factor of a forecast; all factors of a day multiply to the forecast shown."""

    name: str
    value: float


@dataclass(frozen=True)
class DemandSettings:
    """Global choices; per SKU they would be fitted to noise on under a year of history."""

    bulk_multiple: float = 3.0
    bulk_power: float = 0.5
    total_share: float = 0.5
    """How far the forecast of all SKUs together is moved to the unsoftened total, 0 to 1."""
    total_alpha: float = 0.03
    alphas: tuple[float, ...] = (0.02, 0.04, 0.08)

    def as_array(self) -> FloatArray:
        head = [self.bulk_multiple, self.bulk_power, self.total_share, self.total_alpha]
        return np.array([*head, *self.alphas])

    @classmethod
    def from_array(cls, values: FloatArray) -> "DemandSettings":
        multiple, power, share, alpha, *alphas = (float(value) for value in values)
        return cls(multiple, power, share, alpha, tuple(alphas))


@dataclass(frozen=True)
class DemandModel:
    format: ClassVar[str] = "npz"

    sku_ids: IntArray
    """Ascending, shape (n_skus,)."""
    level: FloatArray
    """Units a day, bulk orders softened, shape (n_skus,)."""
    sale_share: FloatArray
    """Share of the observed days with demand, shape (n_skus,)."""
    total_factor: float
    """Lifts every SKU alike, because softened bulk orders are missing from the shop's sum."""
    profile: DayProfile
    day_table: RatioTable
    """For the band of one day."""
    window_table: RatioTable
    """For demand over lead time and review period."""
    shop_total: ShopTotal
    learned_until: date
    settings: DemandSettings

    def rows(self, sku_ids: Sequence[int]) -> IntArray:
        """Row of each SKU, -1 where the model has none."""
        wanted = np.asarray(sku_ids, dtype=np.int64)
        if len(self.sku_ids) == 0:
            return np.full(len(wanted), -1, dtype=np.int64)
        found = np.searchsorted(self.sku_ids, wanted)
        found = np.minimum(found, len(self.sku_ids) - 1)
        rows: IntArray = np.where(self.sku_ids[found] == wanted, found, -1)
        return rows

    def of(self, rows: IntArray) -> "DemandModel":
        """The same model of some rows, in the order given; `rows` cannot be looked up in it."""
        return replace(
            self,
            sku_ids=self.sku_ids[rows],
            level=self.level[rows],
            sale_share=self.sale_share[rows],
        )

    def predict(self, weekdays: IntArray, is_closed: BoolArray) -> FloatArray:
        """Expected units, shape (n_skus, n_days). Finite and >= 0."""
        shape = self.profile.over(weekdays, is_closed)
        expected: FloatArray = np.outer(self.level * self.total_factor, shape)
        return expected

    def day_quantiles(
        self, weekdays: IntArray, is_closed: BoolArray, probability: float
    ) -> FloatArray:
        """Units that one day stays under with `probability`, shape (n_skus, n_days)."""
        ratio = self.day_table.ratio(self.level, self.sale_share, probability)
        bound: FloatArray = np.outer(self.level * ratio, self.profile.over(weekdays, is_closed))
        return bound

    def window_mean(
        self, window_days: IntArray, weekdays: IntArray, is_closed: BoolArray
    ) -> FloatArray:
        """Expected units over sampled windows from the first day on, shape (n_skus,).

        window_days: lengths drawn per SKU, shape (n_skus, n_draws), each within len(weekdays).
        """
        elapsed = np.concatenate([[0.0], np.cumsum(self.profile.over(weekdays, is_closed))])
        mean: FloatArray = self.level * elapsed[window_days].mean(axis=1)
        return mean

    def window_quantile(
        self, window_mean: FloatArray, probability: FloatArray | float
    ) -> FloatArray:
        """Units that demand over the windows stays under, shape (n_skus,).

        The shop factor is left out on purpose: the ratios were taken against the bare level.
        """
        ratio = self.window_table.ratio(self.level, self.sale_share, probability)
        bound: FloatArray = window_mean * ratio
        return bound

    def explain(self, row: int, weekdays: IntArray, is_closed: BoolArray) -> list[DemandFactor]:
        """Factors of one SKU over one or more days; their product is the forecast's sum.

        level: units on a mean day. shop_total: see `total_factor`. weekday: mean days that the
        weekdays amount to. holiday: what closed days take from that.
        """
        open_days = float(self.profile.weekday[weekdays].sum())
        all_days = float(self.profile.over(weekdays, is_closed).sum())
        return [
            DemandFactor("level", float(self.level[row])),
            DemandFactor("shop_total", float(self.total_factor)),
            DemandFactor("weekday", open_days),
            DemandFactor("holiday", all_days / open_days if open_days > 0 else 1.0),
        ]

    def to_bytes(self) -> bytes:
        arrays: dict[str, FloatArray | IntArray] = {
            "layout": np.array(LAYOUT),
            "sku_ids": self.sku_ids.astype(np.int64),
            "level": self.level,
            "sale_share": self.sale_share,
            "total_factor": np.array(self.total_factor),
            "weekday": self.profile.weekday,
            "closed_day": np.array(self.profile.closed_day),
            "learned_until": np.array(self.learned_until.toordinal()),
            "settings": self.settings.as_array(),
            "shop_total": np.array(
                [self.shop_total.level, self.shop_total.low_ratio, self.shop_total.high_ratio]
            ),
        }
        arrays |= _table_arrays("day", self.day_table)
        arrays |= _table_arrays("window", self.window_table)
        file = io.BytesIO()
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # stubs: any keyword a flag
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "DemandModel":
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if int(arrays["layout"]) != LAYOUT:
                raise ValueError(f"demand model layout {int(arrays['layout'])} is not {LAYOUT}")
            return cls(
                sku_ids=arrays["sku_ids"],
                level=arrays["level"],
                sale_share=arrays["sale_share"],
                total_factor=float(arrays["total_factor"]),
                profile=DayProfile(arrays["weekday"], float(arrays["closed_day"])),
                day_table=_read_table("day", arrays),
                window_table=_read_table("window", arrays),
                shop_total=ShopTotal(*(float(value) for value in arrays["shop_total"])),
                learned_until=date.fromordinal(int(arrays["learned_until"])),
                settings=DemandSettings.from_array(arrays["settings"]),
            )


class NoDemandModel:
    """What answers before a version is published: it knows no SKU."""

    sku_ids: IntArray = np.zeros(0, dtype=np.int64)

    def rows(self, sku_ids: Sequence[int]) -> IntArray:
        return np.full(len(sku_ids), -1, dtype=np.int64)


def _table_arrays(name: str, table: RatioTable) -> dict[str, FloatArray | IntArray]:
    return {
        f"{name}_level_edges": table.bins.level_edges,
        f"{name}_share_edges": table.bins.share_edges,
        f"{name}_ratios": table.ratios,
        f"{name}_counts": table.counts,
    }


def _read_table(name: str, arrays: "np.lib.npyio.NpzFile") -> RatioTable:
    bins = Bins(arrays[f"{name}_level_edges"], arrays[f"{name}_share_edges"])
    return RatioTable(bins, arrays[f"{name}_ratios"], arrays[f"{name}_counts"])
