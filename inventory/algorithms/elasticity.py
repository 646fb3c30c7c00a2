"""The served model of how demand answers to price.

Only numpy is imported; what fits it is in `elasticity_training`.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray

LAYOUT = 1
# Outside of this an estimate tells of quantity discounts or of chance, not of customers.
STEEPEST, FLATTEST = -5.0, -0.2
# Sum of squared demeaned log prices under which nothing is said of a SKU's own price.
LEAST_VARIATION = 0.05
# Standard error of the SKU's own slope above which its weeks cannot tell steep from flat.
MOST_OWN_ERROR = 2.0
FEWEST_WEEKS = 8


@dataclass(frozen=True)
class UnitsBand:
    """How far sums of four weeks fell from what was expected, by how much was expected.

    edges: upper ends of all bins but the last, shape (n_bins - 1,), units. low, high: tenth and
    ninetieth percentile of actual / expected, shape (n_bins,).
    """

    edges: FloatArray
    low: FloatArray
    high: FloatArray

    def ratios(self, units: float) -> tuple[float, float]:
        place = int(np.searchsorted(self.edges, units))
        return float(self.low[place]), float(self.high[place])


WIDE_BAND = UnitsBand(np.zeros(0), np.array([0.3]), np.array([2.0]))


@dataclass(frozen=True)
class ElasticityModel:
    """Elasticity of each SKU with its spread; arrays but the band's have shape (n_skus,).

    sku_ids: ascending. elasticity: per cent of units for one per cent of price, within
    [STEEPEST, FLATTEST]. spread: standard deviation of what is believed of it. own: least squares
    of the SKU alone, NaN where its price never moved. variation: see LEAST_VARIATION. weeks:
    weeks with demand. lowest, highest: weekly mean prices seen, minor units.
    """

    format: ClassVar[str] = "npz"

    sku_ids: IntArray
    elasticity: FloatArray
    spread: FloatArray
    own: FloatArray
    variation: FloatArray
    weeks: IntArray
    lowest: FloatArray
    highest: FloatArray
    pooled: float
    pooled_spread: float
    noise: float
    learned_until: date
    band: UnitsBand = field(default=WIDE_BAND)

    def rows(self, sku_ids: Sequence[int] | IntArray) -> IntArray:
        """Places of SKUs, -1 for those that are not known, shape (n,)."""
        wanted = np.asarray(sku_ids, dtype=np.int64)
        if not len(self.sku_ids):
            return np.full(len(wanted), -1, dtype=np.int64)
        place = np.minimum(np.searchsorted(self.sku_ids, wanted), len(self.sku_ids) - 1)
        found: IntArray = np.where(self.sku_ids[place] == wanted, place, -1)
        return found

    def elasticities(self, sku_ids: Sequence[int] | IntArray) -> FloatArray:
        """Of each SKU; the pooled one for those that are not known."""
        rows = self.rows(sku_ids)
        if not len(self.sku_ids):
            return np.full(len(rows), self.pooled)
        known: FloatArray = np.where(rows >= 0, self.elasticity[rows], self.pooled)
        return known

    def varies_enough(self, row: int) -> bool:
        """Whether the SKU's own price has moved enough to advise another one."""
        return bool(
            row >= 0
            and self.variation[row] >= LEAST_VARIATION
            and self.weeks[row] >= FEWEST_WEEKS
            and self.own_error(row) <= MOST_OWN_ERROR
        )

    def own_error(self, row: int) -> float:
        """Standard error of what the SKU's own weeks say alone."""
        return self.noise / float(np.sqrt(max(float(self.variation[row]), 1e-9)))

    def own_share(self, row: int) -> float:
        """How much of the elasticity comes from the SKU's own weeks, 0 to 1."""
        between = max(self.pooled_spread, 1e-6) ** 2
        within = self.noise**2 / max(float(self.variation[row]), 1e-9)
        return between / (between + within)

    def to_bytes(self) -> bytes:
        file = io.BytesIO()
        np.savez_compressed(
            file,
            layout=np.array(LAYOUT),
            sku_ids=self.sku_ids,
            elasticity=self.elasticity,
            spread=self.spread,
            own=self.own,
            variation=self.variation,
            weeks=self.weeks,
            lowest=self.lowest,
            highest=self.highest,
            numbers=np.array([self.pooled, self.pooled_spread, self.noise]),
            learned_until=np.array(self.learned_until.toordinal()),
            band_edges=self.band.edges,
            band_low=self.band.low,
            band_high=self.band.high,
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "ElasticityModel":
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if int(arrays["layout"]) != LAYOUT:
                raise ValueError(f"elasticity model layout {int(arrays['layout'])} is not {LAYOUT}")
            pooled, pooled_spread, noise = (float(value) for value in arrays["numbers"])
            return cls(
                sku_ids=arrays["sku_ids"],
                elasticity=arrays["elasticity"],
                spread=arrays["spread"],
                own=arrays["own"],
                variation=arrays["variation"],
                weeks=arrays["weeks"],
                lowest=arrays["lowest"],
                highest=arrays["highest"],
                pooled=pooled,
                pooled_spread=pooled_spread,
                noise=noise,
                learned_until=date.fromordinal(int(arrays["learned_until"])),
                band=UnitsBand(arrays["band_edges"], arrays["band_low"], arrays["band_high"]),
            )


class NoElasticityModel:
    """What answers before a version is published: it knows no SKU and advises nothing."""

    sku_ids: IntArray = np.zeros(0, dtype=np.int64)

    def rows(self, sku_ids: Sequence[int] | IntArray) -> IntArray:
        return np.full(len(sku_ids), -1, dtype=np.int64)

    def varies_enough(self, row: int) -> bool:
        return False
