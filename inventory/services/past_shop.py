"""The shop's own past as arrays, for rules of re-ordering to be tried on."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray
from inventory.algorithms.demand_model import DemandModel
from inventory.algorithms.history import clean_history, has_enough_history
from inventory.algorithms.past_outlooks import PastOutlooks, Terms
from inventory.algorithms.simulation import Scene
from inventory.models import ReorderPolicy, ReplenishmentSettings
from inventory.services.calendar import calendar_from
from inventory.services.past_days import MOST_SKUS, read_past_days
from inventory.services.suppliers import lead_time_of, lead_times, preferred_offers
from learning import serving

REPLAY_DAYS: Final = 84
WARM_UP_DAYS: Final = 14
# Before the replay: half a year of a SKU's own days, and what levels are learned from.
DAYS_BEFORE: Final = 182
LONGEST_WINDOW_DAYS: Final = 120
FEWEST_DAYS_BEFORE: Final = 56
SEED: Final = 20110930


@dataclass(frozen=True, slots=True)
class PastShop:
    """SKUs that were worth a forecast before the replay, and have a supplier.

    At most 3,000 of them, spread evenly over all.

    units: shape (n_skus, n_days), the last `REPLAY_DAYS` of them to be replayed. filled, was_short:
    of those days alone; was_short where not all was filled, or nothing lay there all day.
    """

    sku_ids: IntArray
    currency: str
    first_day: date
    units: IntArray
    filled: IntArray
    was_short: BoolArray
    outlooks: PastOutlooks
    terms: Terms
    scene: Scene

    @property
    def replayed_from(self) -> int:
        """Number of the first day that is replayed."""
        return int(self.units.shape[1]) - REPLAY_DAYS

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=int(self.units.shape[1]) - 1)


def read_past_shop(
    *,
    as_of: date,
    settings: ReplenishmentSettings,
    lead_time_factor: float = 1.0,
) -> PastShop | None:
    """None until a forecast is published and there are twenty weeks of demand."""
    model = serving.load("inventory.demand").model
    if not isinstance(model, DemandModel):
        return None
    offers, known = preferred_offers(), lead_times()
    policies = {policy.sku_id: policy for policy in ReorderPolicy.objects.all()}
    wanted = [
        sku_id
        for sku_id in model.sku_ids.tolist()
        if sku_id in offers
        and offers[sku_id].sku_is_active
        and (sku_id not in policies or policies[sku_id].is_reordered)
    ]
    if not wanted:
        return None
    taken = min(len(wanted), MOST_SKUS)
    picked = [wanted[place * len(wanted) // taken] for place in range(taken)]
    read = read_past_days(picked, as_of=as_of, n_days=DAYS_BEFORE + REPLAY_DAYS)
    n_days = read.units.shape[1]
    if n_days < REPLAY_DAYS + FEWEST_DAYS_BEFORE:
        return None
    calendar = calendar_from(read.first_day, n_days + LONGEST_WINDOW_DAYS)
    history = clean_history(read.units.astype(np.float32), calendar, read.was_out)
    rows = np.flatnonzero(has_enough_history(history.until(n_days - REPLAY_DAYS)))
    if not len(rows):
        return None
    sku_ids = np.array(picked, dtype=np.int64)[rows].tolist()
    units, filled = read.units[rows], read.filled[rows]
    leads = [lead_time_of(offers[sku_id], known) for sku_id in sku_ids]
    lead_mean = lead_time_factor * np.array([lead.mean_days for lead in leads])
    lead_sd = lead_time_factor * np.array([lead.sd_days for lead in leads])
    review = [
        policies[sku_id].review_period_days if sku_id in policies else 1 for sku_id in sku_ids
    ]
    cost = np.array(
        [offers[sku_id].unit_cost_minor + offers[sku_id].freight_minor for sku_id in sku_ids],
        dtype=np.float64,
    )
    price = np.array([offers[sku_id].sku_price_minor for sku_id in sku_ids], dtype=np.float64)
    typed = [policies[sku_id].service_level if sku_id in policies else None for sku_id in sku_ids]
    return PastShop(
        sku_ids=np.array(sku_ids, dtype=np.int64),
        currency=offers[sku_ids[0]].sku_currency,
        first_day=read.first_day,
        units=units,
        filled=filled[:, -REPLAY_DAYS:],
        was_short=((filled < units) | read.was_out[rows])[:, -REPLAY_DAYS:],
        outlooks=PastOutlooks(
            history=history.of(rows),
            settings=model.settings,
            table=model.window_table,
            lead_mean=lead_mean,
            lead_sd=lead_sd,
            review_days=np.array(review, dtype=np.int64),
        ),
        terms=Terms(
            unit_cost=cost,
            unit_margin=np.maximum(0.0, price - cost),
            asked_level=np.array(
                [np.nan if level is None else level for level in typed], dtype=np.float64
            ),
            minimum_stock=np.array(
                [policies[sku_id].minimum_stock if sku_id in policies else 0 for sku_id in sku_ids],
                dtype=np.int64,
            ),
            order_line_cost=float(settings.order_line_cost_minor),
            yearly_holding_share=settings.yearly_holding_share,
            level_floor=settings.service_level_floor,
            level_cap=settings.service_level_cap,
        ),
        scene=Scene(
            demand=units[:, -REPLAY_DAYS:],
            lead_days=_deliveries(lead_mean, lead_sd),
            unit_cost=cost,
            unit_margin=np.maximum(0.0, price - cost),
            pack=np.array([offers[sku_id].pack_size for sku_id in sku_ids], dtype=np.int64),
            minimum=np.array(
                [offers[sku_id].minimum_order_quantity for sku_id in sku_ids], dtype=np.int64
            ),
            order_line_cost=float(settings.order_line_cost_minor),
            yearly_holding_share=settings.yearly_holding_share,
        ),
    )


def _deliveries(lead_mean: FloatArray, lead_sd: FloatArray) -> IntArray:
    """Days that an order of each replayed day would take, drawn alike for every rule."""
    mean = np.maximum(1e-6, lead_mean)[:, None]
    spread = np.maximum(1e-6, lead_sd)[:, None]
    rng = np.random.default_rng(SEED)
    drawn = rng.gamma((mean / spread) ** 2, spread**2 / mean, size=(len(lead_mean), REPLAY_DAYS))
    days: IntArray = np.clip(np.rint(drawn), 1, LONGEST_WINDOW_DAYS).astype(np.int64)
    return days
