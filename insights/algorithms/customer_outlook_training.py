"""Learning whether customers order; fits with scikit-learn and scipy, in a training worker."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from insights.algorithms.customer_examples import examples_of
from insights.algorithms.customer_history import RFM, CustomerHistory, training_days
from insights.algorithms.customer_outlook import STEP_DAYS, OutlookModel
from insights.algorithms.probability import ProbabilityModel
from insights.algorithms.probability_examples import Examples
from insights.algorithms.probability_training import Choice, fit_and_tell, fit_probability
from insights.algorithms.repeat_buying import RepeatBuying
from insights.algorithms.repeat_buying_training import fit_repeat_buying
from insights.algorithms.score_arrays import FloatArray, IntArray

# Two looks at a customer within one month of outcomes; a year of them is enough.
DAYS_BETWEEN: Final = 15
MOST_DAYS: Final = 24
FEWEST_DAYS_BEFORE: Final = 30


@dataclass(frozen=True)
class RfmBaseline:
    """Logistic regression on recency, frequency and money alone, of the whole horizon."""

    model: ProbabilityModel

    def no_order(self, values: FloatArray) -> FloatArray:
        """values: the columns of `OutlookModel.columns`."""
        places = [OutlookModel.columns.index(name) for name in RFM]
        return self.model.predict(values[:, places])


def fit_outlook(history: CustomerHistory, *, first_day: int, day: int) -> OutlookModel:
    return fit_outlook_and_tell(history, first_day=first_day, day=day)[0]


def fit_outlook_and_tell(
    history: CustomerHistory, *, first_day: int, day: int, with_trees: bool = True
) -> tuple[OutlookModel, Choice]:
    """Learned from what was known at the end of a day, and what the folds chose."""
    known = history.until(day)
    month, choice = fit_and_tell(
        month_examples(known, first_day=first_day, day=day), with_trees=with_trees
    )
    return OutlookModel(month=month, rhythm=fit_repeat_buying(known, day=day)), choice


def month_examples(known: CustomerHistory, *, first_day: int, day: int) -> Examples:
    days = training_days(
        first_day=first_day,
        last_day=day,
        horizon=STEP_DAYS,
        step=DAYS_BETWEEN,
        fewest_days=FEWEST_DAYS_BEFORE,
        most=MOST_DAYS,
    )
    return examples_of(known, days, horizon=STEP_DAYS, is_loss=True, fit_rhythm=_rhythm)


def fit_rfm(
    history: CustomerHistory, *, first_day: int, day: int, horizon: int
) -> RfmBaseline | None:
    """None where the history is too short to have seen a whole horizon."""
    days = training_days(
        first_day=first_day,
        last_day=day,
        horizon=horizon,
        step=28,
        fewest_days=FEWEST_DAYS_BEFORE,
        most=MOST_DAYS,
    )
    if not days:
        return None
    known = history.until(day)
    examples = examples_of(known, days, horizon=horizon, is_loss=True, fit_rhythm=_rhythm)
    return RfmBaseline(fit_probability(examples.with_columns(RFM), with_trees=False))


def ordered_nothing(
    history: CustomerHistory, customer: IntArray, *, day: int, horizon: int
) -> FloatArray:
    """What came: 1 for customers without an order in the days after `day`."""
    orders, _spend = history.orders_between(day, day + horizon)
    return np.asarray(orders[customer] == 0, dtype=np.float64)


def _rhythm(known: CustomerHistory, day: int) -> RepeatBuying:
    return fit_repeat_buying(known, day=day)
