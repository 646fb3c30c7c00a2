"""The served demand model: level x profiles x effects of the day, with pooled quantiles.

Only numpy is imported, so that a page or a worker can load it at no cost; what fits it is in
`demand_training`.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, ClassVar

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray
from inventory.algorithms.conformal import PROBABILITIES, Bins, RatioTable
from inventory.algorithms.events import NO_FACTORS, EventFactors
from inventory.algorithms.outlook import DemandFactor, Effect, combine, factor_columns
from inventory.algorithms.profile import DayProfile
from inventory.algorithms.season import YearlyProfile
from inventory.algorithms.shop_total import NO_GROUPS, GroupTotals, ShopTotal

LAYOUT = 2
FIRST_LAYOUT = 1
TREND_DAYS = 28
FIXED_SETTINGS = 6


@dataclass(frozen=True)
class DemandSettings:
    """Global choices; per SKU they would be fitted to noise on under a year of history."""

    bulk_multiple: float = 3.0
    bulk_power: float = 0.5
    total_share: float = 0.5
    """How far the forecast of all SKUs together is moved to the unsoftened total, 0 to 1."""
    total_alpha: float = 0.03
    alphas: tuple[float, ...] = (0.02, 0.04, 0.08)
    season_share: float = 0.0
    """How much of the yearly profile is believed, 0 to 1."""
    trend_share: float = 0.0
    """How much of the last weeks' growth is believed to go on, 0 to 1."""

    def as_array(self) -> FloatArray:
        head = [self.bulk_multiple, self.bulk_power, self.total_share, self.total_alpha]
        return np.array([*head, self.season_share, self.trend_share, *self.alphas])

    @classmethod
    def from_array(cls, values: FloatArray) -> "DemandSettings":
        multiple, power, share, alpha, season, trend = (float(one) for one in values[:6])
        alphas = tuple(float(one) for one in values[FIXED_SETTINGS:])
        return cls(multiple, power, share, alpha, alphas, season, trend)


@dataclass(frozen=True)
class DemandModel:
    format: ClassVar[str] = "npz"

    sku_ids: IntArray
    """Ascending, shape (n_skus,)."""
    level: FloatArray
    """Units a day, bulk orders softened, shape (n_skus,)."""
    sale_share: FloatArray
    """Share of the observed days with demand, shape (n_skus,)."""
    lift: FloatArray
    """Factor of each SKU for the bulk orders that its level leaves out, shape (n_skus,)."""
    profile: DayProfile
    day_table: RatioTable
    """For the band of one day."""
    window_table: RatioTable
    """For demand over lead time and review period."""
    shop_total: ShopTotal
    learned_until: date
    settings: DemandSettings
    correction: FloatArray
    """What the challenger makes of each SKU's level; 1 where it was not promoted, (n_skus,)."""
    group: IntArray
    """What each SKU shares its yearly profile with, 0 for nothing, shape (n_skus,)."""
    prior_share: FloatArray
    """How much of the level comes from similar SKUs, 0 for what has a past, shape (n_skus,)."""
    cold_ratios: FloatArray
    """Actual over expected of newcomers, at PROBABILITIES; empty where none was seen."""
    season: YearlyProfile | None = None
    trend_a_day: float = 0.0
    group_totals: GroupTotals = NO_GROUPS
    event_factors: EventFactors = NO_FACTORS
    elasticity: float = 0.0
    """Change of the logarithm of demand with that of the price, <= 0."""
    evidence: Mapping[str, float] = field(default_factory=dict)
    """How the challenger did against the base; not stored in the file."""

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
            lift=self.lift[rows],
            correction=self.correction[rows],
            group=self.group[rows],
            prior_share=self.prior_share[rows],
        )

    def effects(
        self, first_day: date, n_days: int, extra: Mapping[str, FloatArray] | None = None
    ) -> list[Effect]:
        """What the model itself knows of the days from `first_day`, then what else is known."""
        found = []
        if self.season is not None:
            curves = self.season.over(first_day, n_days)
            rows = self.season.rows(self.group, len(self.sku_ids))
            found.append(Effect("season", curves[rows]))
        if self.trend_a_day:
            gone = (first_day - self.learned_until).days
            days = np.minimum(TREND_DAYS, np.arange(gone, gone + n_days))
            found.append(Effect("trend", np.exp(self.trend_a_day * days)))
        found += [Effect(name, factors) for name, factors in (extra or {}).items()]
        if (self.correction != 1.0).any():
            found.append(Effect("correction", self.correction[:, None]))
        return found

    def predict(
        self, weekdays: IntArray, is_closed: BoolArray, effects: Sequence[Effect] = ()
    ) -> FloatArray:
        """Expected units, shape (n_skus, n_days). Finite and >= 0."""
        shape = combine(self.profile.over(weekdays, is_closed), effects)
        expected: FloatArray = (self.level * self.lift)[:, None] * shape
        return expected

    def day_quantiles(
        self,
        weekdays: IntArray,
        is_closed: BoolArray,
        probability: float,
        effects: Sequence[Effect] = (),
    ) -> FloatArray:
        """Units that one day stays under with `probability`, shape (n_skus, n_days)."""
        ratio = self._ratio(self.day_table, probability)
        shape = combine(self.profile.over(weekdays, is_closed), effects)
        bound: FloatArray = (self.level * ratio)[:, None] * shape
        return bound

    def window_mean(
        self,
        window_days: IntArray,
        weekdays: IntArray,
        is_closed: BoolArray,
        effects: Sequence[Effect] = (),
    ) -> FloatArray:
        """Expected units over sampled windows from the first day on, shape (n_skus,).

        window_days: lengths drawn per SKU, shape (n_skus, n_draws), each within len(weekdays).
        """
        shape = combine(self.profile.over(weekdays, is_closed), effects)
        if shape.ndim == 1:
            elapsed = np.concatenate([[0.0], np.cumsum(shape)])[window_days]
        else:
            running = np.concatenate([np.zeros((len(shape), 1)), shape.cumsum(axis=1)], axis=1)
            elapsed = np.take_along_axis(running, window_days, axis=1)
        mean: FloatArray = self.level * elapsed.mean(axis=1)
        return mean

    def window_quantile(
        self, window_mean: FloatArray, probability: FloatArray | float
    ) -> FloatArray:
        """Units that demand over the windows stays under, shape (n_skus,).

        The lift is left out on purpose: the ratios were taken against the bare level.
        """
        bound: FloatArray = window_mean * self._ratio(self.window_table, probability)
        return bound

    def _ratio(self, table: RatioTable, probability: FloatArray | float) -> FloatArray:
        """Of newcomers the larger of the table's ratio and that of past newcomers."""
        ratio = table.ratio(self.level, self.sale_share, probability)
        if len(self.cold_ratios) and (self.prior_share > 0).any():
            cold = np.interp(probability, PROBABILITIES, self.cold_ratios)
            blended = ratio + self.prior_share * np.maximum(0.0, cold - ratio)
            ratio = np.where(self.prior_share > 0, blended, ratio)
        return ratio

    def factors(
        self, weekdays: IntArray, is_closed: BoolArray, effects: Sequence[Effect] = ()
    ) -> dict[str, FloatArray]:
        """What each SKU's sum over the days is the product of, each of shape (n_skus,).

        level: units on a mean day. shop_total: see `lift`. weekday: mean days that the weekdays
        amount to. holiday: what closed days take from that. Then the effects, by name.
        """
        return factor_columns(
            self.level,
            self.lift,
            self.profile.weekday[weekdays],
            self.profile.over(weekdays, is_closed),
            effects,
        )

    def explain(
        self,
        row: int,
        weekdays: IntArray,
        is_closed: BoolArray,
        effects: Sequence[Effect] = (),
    ) -> list[DemandFactor]:
        """Factors of one SKU over one or more days; their product is the forecast's sum."""
        own = [
            Effect(
                name,
                factors if factors.ndim == 1 else factors[row : row + 1],
            )
            for name, factors in effects
        ]
        columns = self.of(np.array([row])).factors(weekdays, is_closed, own)
        return [DemandFactor(name, float(values[0])) for name, values in columns.items()]

    def to_bytes(self) -> bytes:
        arrays: dict[str, Any] = {
            "layout": np.array(LAYOUT),
            "sku_ids": self.sku_ids.astype(np.int64),
            "level": self.level,
            "sale_share": self.sale_share,
            "lift": self.lift,
            "correction": self.correction,
            "group": self.group,
            "prior_share": self.prior_share,
            "cold_ratios": self.cold_ratios,
            "trend_a_day": np.array(self.trend_a_day),
            "elasticity": np.array(self.elasticity),
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
        arrays |= _event_arrays(self.event_factors)
        arrays |= {f"total_{name}": values for name, values in vars(self.group_totals).items()}
        if self.season is not None:
            arrays |= {"season_groups": self.season.groups, "season_curves": self.season.curves}
        file = io.BytesIO()
        np.savez_compressed(file, **arrays)
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "DemandModel":
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = _as_laid_out_now(dict(file))
            season = (
                YearlyProfile(arrays["season_groups"], arrays["season_curves"])
                if "season_groups" in arrays
                else None
            )
            return cls(
                sku_ids=arrays["sku_ids"],
                level=arrays["level"],
                sale_share=arrays["sale_share"],
                lift=arrays["lift"],
                correction=arrays["correction"],
                group=arrays["group"],
                prior_share=arrays["prior_share"],
                cold_ratios=arrays["cold_ratios"],
                season=season,
                trend_a_day=float(arrays["trend_a_day"]),
                elasticity=float(arrays["elasticity"]),
                event_factors=_read_events(arrays),
                group_totals=GroupTotals(
                    **{name: arrays[f"total_{name}"] for name in vars(NO_GROUPS)}
                ),
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


def _as_laid_out_now(arrays: dict[str, Any]) -> dict[str, Any]:
    """Arrays of a file as this program names them; raises ValueError for an unknown layout."""
    layout = int(arrays["layout"])
    if layout == LAYOUT:
        return arrays
    if layout != FIRST_LAYOUT:
        raise ValueError(f"demand model layout {layout} is not {LAYOUT}")
    count = len(arrays["sku_ids"])
    head, alphas = arrays["settings"][:4], arrays["settings"][4:]
    return arrays | {
        "lift": np.full(count, float(arrays["total_factor"])),
        "correction": np.ones(count),
        "group": np.zeros(count, dtype=np.int64),
        "prior_share": np.zeros(count),
        "cold_ratios": np.zeros(0),
        "trend_a_day": np.array(0.0),
        "elasticity": np.array(0.0),
        "settings": np.concatenate([head, [0.0, 0.0], alphas]),
        **_event_arrays(NO_FACTORS),
        **{f"total_{name}": values for name, values in vars(NO_GROUPS).items()},
    }


def _event_arrays(factors: EventFactors) -> dict[str, Any]:
    keys = [*((kind, "") for kind in factors.by_kind), *factors.by_name]
    return {
        "event_keys": np.array(keys, dtype=str).reshape(len(keys), 2),
        "event_factors": np.array([*factors.by_kind.values(), *factors.by_name.values()]),
    }


def _read_events(arrays: Mapping[str, Any]) -> EventFactors:
    pairs = zip(arrays["event_keys"].tolist(), arrays["event_factors"].tolist(), strict=True)
    known = {(str(kind), str(name)): float(factor) for (kind, name), factor in pairs}
    return EventFactors(
        {kind: factor for (kind, name), factor in known.items() if not name},
        {key: factor for key, factor in known.items() if key[1]},
    )


def _table_arrays(name: str, table: RatioTable) -> dict[str, FloatArray | IntArray]:
    return {
        f"{name}_level_edges": table.bins.level_edges,
        f"{name}_share_edges": table.bins.share_edges,
        f"{name}_ratios": table.ratios,
        f"{name}_counts": table.counts,
    }


def _read_table(name: str, arrays: Mapping[str, Any]) -> RatioTable:
    bins = Bins(arrays[f"{name}_level_edges"], arrays[f"{name}_share_edges"])
    return RatioTable(bins, arrays[f"{name}_ratios"], arrays[f"{name}_counts"])
