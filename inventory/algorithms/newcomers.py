"""Rows of the demand model for SKUs that are too young for a level of their own."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from inventory.algorithms.arrays import BoolArray, FloatArray, IntArray
from inventory.algorithms.cold_start import expect_of_neighbours, hand_over
from inventory.algorithms.conformal import quantiles_of
from inventory.algorithms.demand_model import DemandModel
from inventory.algorithms.history import DemandHistory
from inventory.algorithms.levels import median_sale

KNOWN_FROM_DAYS = 28
FIRST_ORIGIN = 84
WINDOW_DAYS = 14
FEWEST_LAUNCHES = 50
MOST_LAUNCHES = 100
FEWEST_NEIGHBOURS = 5
BULK_MULTIPLE = 6.0


@dataclass(frozen=True)
class Traits:
    """What is known of every SKU of a history before it sells: words and price.

    words: TF-IDF rows, shape (n_skus, n_words). price: NaN where unknown, shape (n_skus,).
    is_new: SKUs to be given a forecast from similar ones, shape (n_skus,).
    """

    words: sparse.csr_matrix
    price: FloatArray
    is_new: BoolArray

    def of(self, rows: IntArray | BoolArray) -> "Traits":
        return Traits(self.words[rows], self.price[rows], self.is_new[rows])


def add_newcomers(
    model: DemandModel, history: DemandHistory, sku_ids: IntArray, traits: Traits
) -> DemandModel:
    """The model with a row for each new SKU that it has none for.

    sku_ids: of the rows of `history`, ascending, shape (n_skus,). The level is handed over from
    the mean of similar SKUs to the SKU's own; under five SKUs to compare with, nothing is added.
    """
    mine = np.flatnonzero(traits.is_new & (model.rows(sku_ids.tolist()) < 0))
    age = history.n_days - history.first_day
    known = np.flatnonzero(age >= KNOWN_FROM_DAYS)
    known = known[~np.isin(known, mine)]
    if len(mine) == 0 or len(known) < FEWEST_NEIGHBOURS:
        return model
    days = np.count_nonzero(history.observed, axis=1)
    own = history.units.sum(axis=1, dtype=np.float64) / np.maximum(1, days)
    # The first order of a SKU says little of the next ones when it is a large one.
    most = BULK_MULTIPLE * float(np.median(median_sale(history.units[known])))
    early = np.minimum(history.units[mine], most).sum(axis=1, dtype=np.float64)
    prior = expect_of_neighbours(
        traits.words, traits.price, new=mine, known=known, level=own[known]
    )
    level = hand_over(prior, early / np.maximum(1, days[mine]), days[mine])
    shared = np.median(model.sale_share) if len(model.sku_ids) else 0.0
    count = len(mine)
    order = np.argsort(np.concatenate([model.sku_ids, sku_ids[mine]]), kind="stable")

    def joined(before: FloatArray, added: FloatArray) -> FloatArray:
        values: FloatArray = np.concatenate([before, added])[order]
        return values

    ones, nothing = np.ones(count), np.zeros(count)
    group = nothing if history.group is None else history.group[mine]
    return replace(
        model,
        sku_ids=np.concatenate([model.sku_ids, sku_ids[mine]])[order],
        level=joined(model.level, level),
        sale_share=joined(model.sale_share, np.full(count, shared)),
        lift=joined(model.lift, ones),
        correction=joined(model.correction, ones),
        group=np.concatenate([model.group, group.astype(np.int64)])[order],
        prior_share=joined(model.prior_share, hand_over(ones, nothing, days[mine])),
        cold_ratios=launch_ratios(history, traits),
    )


def launch_ratios(history: DemandHistory, traits: Traits) -> FloatArray:
    """Quantiles of actual over expected in the first two weeks of past launches.

    At the probabilities of the other tables; empty under fifty launches.
    """
    first = history.first_day
    ratios: list[FloatArray] = []
    for origin in range(FIRST_ORIGIN, history.n_days - WINDOW_DAYS, KNOWN_FROM_DAYS):
        new = np.flatnonzero(
            (first >= origin)
            & (first < origin + KNOWN_FROM_DAYS)
            & (first < history.n_days - WINDOW_DAYS)
        )
        # Enough for quantiles; a large shop waits no longer than a middling one.
        taken = min(len(new), MOST_LAUNCHES)
        new = new[np.arange(taken) * len(new) // max(1, taken)]
        known = np.flatnonzero(first <= origin - KNOWN_FROM_DAYS)
        if len(new) == 0 or len(known) < FEWEST_NEIGHBOURS:
            continue
        before = history.units[known, :origin].sum(axis=1, dtype=np.float64)
        level = before / (origin - first[known])
        expected = WINDOW_DAYS * expect_of_neighbours(
            traits.words, traits.price, new=new, known=known, level=level
        )
        days = first[new][:, None] + np.arange(WINDOW_DAYS)
        sold = history.units[new[:, None], days].sum(axis=1, dtype=np.float64)
        ratios.append(sold[expected > 0] / expected[expected > 0])
    found = np.concatenate(ratios) if ratios else np.zeros(0)
    return quantiles_of(found) if len(found) >= FEWEST_LAUNCHES else np.zeros(0)
