"""Rows of customers on several days, with what they did after, to learn from and to answer by."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np

from insights.algorithms.customer_history import (
    FEATURES,
    IS_LOG,
    CustomerHistory,
    describe_customers,
    repeat_table,
)
from insights.algorithms.probability import logit
from insights.algorithms.probability_examples import Examples
from insights.algorithms.repeat_buying import RepeatBuying
from insights.algorithms.score_arrays import FloatArray, IntArray

# What the model of repeat buying expects of the customer's rhythm, as a logit.
RHYTHM: Final = "rhythm"
COLUMNS: Final = (*FEATURES, RHYTHM)
COLUMNS_LOG: Final = np.array([*IS_LOG.tolist(), False])

# A customer whose orders ended longer ago than this is counted as gone, and teaches nothing.
GONE_AFTER_DAYS: Final = 730


@dataclass(frozen=True)
class CustomerRows:
    """Customers as of one day. values: shape (n_rows, len(COLUMNS))."""

    customer: IntArray
    values: FloatArray


def describe(
    history: CustomerHistory, *, day: int, horizon: int, rhythm: RepeatBuying
) -> CustomerRows:
    """Everything that was known of customers at the end of a day."""
    customer, values = describe_customers(history, day=day)
    table = repeat_table(history, day=day)
    none = rhythm.none_within(table.repeats, table.last, table.age, days=horizon)
    return CustomerRows(customer, np.column_stack([values, -logit(none)]))


def examples_of(
    history: CustomerHistory,
    days: Sequence[int],
    *,
    horizon: int,
    is_loss: bool,
    fit_rhythm: Callable[[CustomerHistory, int], RepeatBuying],
) -> Examples:
    """Each customer on each day, and whether she ordered within the horizon (or did not).

    is_loss: what is told is that nothing was ordered. Rows of a day stand together, newest first.
    """
    values, happened, person = [], [], []
    for day in days:
        known = history.until(day)
        rows = describe(known, day=day, horizon=horizon, rhythm=fit_rhythm(known, day))
        recent = rows.values[:, 0] <= GONE_AFTER_DAYS
        orders, _spend = history.orders_between(day, day + horizon)
        ordered = orders[rows.customer[recent]] > 0
        values.append(rows.values[recent])
        happened.append(~ordered if is_loss else ordered)
        person.append(rows.customer[recent])
    return Examples(
        features=COLUMNS,
        is_log=COLUMNS_LOG,
        values=np.concatenate(values) if values else np.zeros((0, len(COLUMNS))),
        happened=np.concatenate(happened).astype(np.float64) if happened else np.zeros(0),
        person=np.concatenate(person) if person else np.zeros(0, dtype=np.int64),
        learned_until=date.fromordinal(max(days, default=1) + horizon),
    )


def at_one_day(
    history: CustomerHistory, day: int, *, horizon: int, is_loss: bool, rhythm: RepeatBuying
) -> tuple[Examples, IntArray]:
    """The rows of one day with their outcome, and whose they are."""
    examples = examples_of(
        history, [day], horizon=horizon, is_loss=is_loss, fit_rhythm=lambda _known, _day: rhythm
    )
    return replace(examples, learned_until=date.fromordinal(day)), examples.person
