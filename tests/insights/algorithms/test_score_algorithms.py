"""Probabilities with reasons, repeat buying, and tastes: by hand, by simulation, by invariants."""

from datetime import date

import numpy as np
import pytest
from scipy.special import hyp2f1
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from insights.algorithms import probability_metrics
from insights.algorithms.customer_examples import COLUMNS
from insights.algorithms.customer_history import (
    FEATURES,
    CustomerHistory,
    describe_customers,
    repeat_table,
    training_days,
)
from insights.algorithms.customer_outlook import OutlookModel
from insights.algorithms.customer_outlook_training import fit_outlook, fit_rfm
from insights.algorithms.probability import ProbabilityModel, sigmoid
from insights.algorithms.probability_examples import Examples
from insights.algorithms.probability_training import (
    as_trees,
    assign_folds,
    fit_and_tell,
    fit_platt,
    fit_steps,
)
from insights.algorithms.profiles import Events, ProfilesModel, fit_profiles
from insights.algorithms.repeat_buying import RepeatBuying
from insights.algorithms.repeat_buying_training import fit_repeat_buying
from insights.algorithms.value_baselines import Expected, past_rate, value_figures
from insights.algorithms.visit_progress import ADD, ORDER, VIEW, VisitEvents, look_at
from insights.algorithms.visit_progress import FEATURES as VISIT_FEATURES

DAY = date(2026, 6, 1)


def make_history(orders: list[tuple[int, int, float]], *, n_customers: int = 3) -> CustomerHistory:
    """Customer, day, amount of each order."""
    rows = sorted(orders, key=lambda one: one[1])
    nothing = np.zeros(0, dtype=np.int64)
    return CustomerHistory(
        n_customers=n_customers,
        customer=np.array([one[0] for one in rows], dtype=np.int64),
        day=np.array([one[1] for one in rows], dtype=np.int64),
        amount=np.array([one[2] for one in rows], dtype=np.float64),
        units=np.ones(len(rows)),
        lines=np.ones(len(rows)),
        discount=np.zeros(len(rows)),
        return_customer=nothing,
        return_day=nothing,
        visit_customer=nothing,
        visit_day=nothing,
        visit_carts=nothing,
    )


def simulated_buyers(n: int, *, seed: int = 0, days: int = 420) -> CustomerHistory:
    """Customers who order at a rate of their own until they leave after an order."""
    rng = np.random.default_rng(seed)
    orders = []
    for customer in range(n):
        rate, leaving = rng.gamma(1.2, 1 / 20.0), rng.beta(1.0, 6.0)
        day = rng.uniform(0, days * 0.6)
        while day < days:
            orders.append((customer, 1 + int(day), float(rng.gamma(3.0, 1000.0))))
            if rng.random() < leaving:
                break
            day += rng.exponential(1.0 / rate)
    return make_history(orders, n_customers=n)


def make_examples(n: int = 1500, *, seed: int = 0) -> Examples:
    """The outcome hangs on the product of the first two columns and on the third."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 4))
    chance = sigmoid(1.6 * values[:, 0] * values[:, 1] + values[:, 2])
    return Examples(
        features=("a", "b", "c", "noise"),
        is_log=np.zeros(4, dtype=np.bool_),
        values=values,
        happened=(rng.random(n) < chance).astype(np.float64),
        person=np.arange(n),
        learned_until=DAY,
    )


def test_auc_counts_pairs_and_halves_ties() -> None:
    happened = np.array([0.0, 1.0, 0.0, 1.0])
    assert probability_metrics.auc(happened, np.array([0.1, 0.4, 0.4, 0.9])) == pytest.approx(0.875)
    rng = np.random.default_rng(3)
    many, told = (rng.random(400) < 0.3).astype(float), rng.integers(0, 20, 400) / 20
    assert probability_metrics.auc(many, told) == pytest.approx(roc_auc_score(many, told))
    assert probability_metrics.auc(np.ones(5), np.arange(5.0)) == 0.5


def test_calibration_error_is_the_mean_gap_of_the_bins() -> None:
    told = np.array([0.05, 0.05, 0.95, 0.95])
    assert probability_metrics.calibration_error(
        np.array([0.0, 0.0, 1.0, 0.0]), told
    ) == pytest.approx((2 * 0.05 + abs(2 * 0.95 - 1)) / 4)
    # The smallest probability may not hide in a wide bin.
    small = np.linspace(0.0, 0.09, 100)
    never = np.zeros(100)
    assert probability_metrics.calibration_error_by_rank(never, small) == pytest.approx(0.045)


def test_groups_too_small_to_say_anything_are_left_out() -> None:
    happened = np.tile([0.0, 1.0], 60)
    told = np.full(120, 0.5)
    labels = ["zh"] * 100 + ["en"] * 20
    assert set(probability_metrics.group_figures(happened, told, {"language": labels})) == {
        "language:zh"
    }


def test_trees_as_arrays_say_what_scikit_learn_says_and_why() -> None:
    examples = make_examples()
    boosting = HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=8, random_state=0)
    boosting.fit(examples.values, examples.happened)
    pushes, start = as_trees(boosting).pushes(examples.values)
    said = boosting.decision_function(examples.values)
    assert np.abs(pushes.sum(axis=1) + start - said).max() < 1e-9
    # A node says the mean of what is under it, so a column that is never asked pushes nothing and
    # pushes are of the size of the answer, not of unshrunk trees.
    assert np.abs(pushes).sum(axis=1).max() < 8 * np.abs(said).max()


def test_trees_are_taken_only_where_they_have_earned_it() -> None:
    _model, choice = fit_and_tell(make_examples())
    assert choice.boosted_share > 0
    rng = np.random.default_rng(1)
    plain = make_examples()
    values = plain.values
    straight = Examples(
        plain.features,
        plain.is_log,
        values,
        (rng.random(len(values)) < sigmoid(values[:, 2] + values[:, 0])).astype(float),
        plain.person,
        DAY,
    )
    _model, choice = fit_and_tell(straight)
    assert choice.boosted_share == 0.0


def test_a_model_is_calibrated_explains_itself_and_survives_its_file() -> None:
    learned, later = make_examples(3000), make_examples(3000, seed=1)
    model, _choice = fit_and_tell(learned)
    told, pushes = model.explain(later.values)
    assert probability_metrics.calibration_error_by_rank(later.happened, told) < 0.05
    assert probability_metrics.auc(later.happened, told) > 0.75
    # Noise pushes least.
    assert np.abs(pushes).mean(axis=0).argmin() == 3
    again = ProbabilityModel.from_bytes(model.to_bytes())
    assert np.array_equal(again.predict(later.values), model.predict(later.values))
    with pytest.raises(ValueError, match="pickled"):
        ProbabilityModel.from_bytes(b"no model")


def test_what_is_unknown_of_a_row_is_filled_and_never_spreads() -> None:
    model, _choice = fit_and_tell(make_examples())
    rows = np.full((2, 4), np.nan)
    assert np.isfinite(model.predict(rows)).all()


def test_platt_refuses_to_turn_an_order_around() -> None:
    logits = np.linspace(-3, 3, 200)
    slope, shift = fit_platt(logits, (logits < 0).astype(float))
    assert slope > 0
    assert sigmoid(np.array([shift]))[0] == pytest.approx(0.5, abs=0.02)


def test_isotonic_steps_never_fall_and_are_never_sure() -> None:
    rng = np.random.default_rng(0)
    told = rng.random(500)
    steps = fit_steps(told, (rng.random(500) < told**2).astype(float))
    assert (np.diff(steps[1]) >= 0).all()
    assert steps[1].min() > 0
    assert steps[1].max() < 1


def test_rows_of_one_person_stay_in_one_fold() -> None:
    person = np.repeat(np.arange(50), 4)
    folds = assign_folds(person, np.tile([0.0, 1.0, 0.0, 0.0], 50))
    assert all(len(set(folds[person == one].tolist())) == 1 for one in range(50))
    assert set(folds.tolist()) == {0, 1, 2, 3, 4}


def test_customers_are_described_by_what_they_did_until_a_day() -> None:
    history = make_history(
        [(0, 10, 100.0), (0, 10, 50.0), (0, 40, 150.0), (1, 45, 900.0), (0, 90, 5_000.0)]
    )
    customer, values = describe_customers(history, day=50)
    assert customer.tolist() == [0, 1]
    first = dict(zip(FEATURES, values[0].tolist(), strict=True))
    assert first["recency_days"] == 10
    assert first["order_days"] == 2  # two orders of one day are one occasion
    assert first["spend_total"] == 300
    assert first["gap_days"] == 30
    assert first["orders_30"] == 1
    assert np.isnan(values[1][FEATURES.index("gap_days")])


def test_a_block_of_customers_is_described_as_the_whole_is() -> None:
    history = simulated_buyers(60)
    part = history.of_customers(20, 40)
    whole = repeat_table(history, day=300)
    inside = (whole.customer >= 20) & (whole.customer < 40)
    assert np.array_equal(repeat_table(part, day=300).age, whole.age[inside])


def test_days_to_learn_from_have_their_outcome_behind_them() -> None:
    days = training_days(first_day=0, last_day=200, horizon=30, step=15, fewest_days=30, most=4)
    assert list(days) == [170, 155, 140, 125]
    assert list(training_days(first_day=0, last_day=50, horizon=30, step=15, fewest_days=30,
                              most=4)) == []  # fmt: skip


@pytest.mark.parametrize("leaves_at_once", [False, True])
def test_expected_orders_are_those_of_the_paper(leaves_at_once: bool) -> None:
    rng = np.random.default_rng(0)
    repeats, age = rng.integers(0, 150, 200).astype(float), rng.uniform(0, 500, 200)
    last = age * rng.random(200)
    model = RepeatBuying(0.24, 4.4, 0.8, 2.4, leaves_at_once, 2, 4, 100, DAY, 1)
    weeks, r, alpha, a = 52.0, 0.24, 4.4, 0.8
    b = 2.4 + float(leaves_at_once)  # Batislam's form is the paper's with one more try to leave
    z = weeks / (alpha + age + weeks)
    paper = (
        (a + b + repeats - 1)
        / (a - 1)
        * (
            1
            - ((alpha + age) / (alpha + age + weeks)) ** (r + repeats)
            * hyp2f1(r + repeats, b + repeats, a + b + repeats - 1, z)
        )
    )
    got = model.orders_if_here(repeats, age * 7, days=weeks * 7)
    assert np.abs(got / paper - 1).max() < 1e-9
    here = model.still_here(repeats, last * 7, age * 7)
    if leaves_at_once:
        assert (here[repeats == 0] < 1).all()
    else:
        assert (here[repeats == 0] == 1).all()


def test_repeat_buying_finds_again_what_customers_did() -> None:
    history = simulated_buyers(2_500)
    model = fit_repeat_buying(history, day=300)
    table = repeat_table(history, day=300)
    orders, _spend = history.orders_between(300, 400)
    came = orders[table.customer]
    told = model.orders_within(table.repeats, table.last, table.age, days=100)
    assert told.sum() == pytest.approx(came.sum(), rel=0.12)
    none = model.none_within(table.repeats, table.last, table.age, days=100)
    assert none.mean() == pytest.approx((came == 0).mean(), abs=0.04)
    again = RepeatBuying.from_bytes(model.to_bytes())
    assert again == model


def test_a_longer_silence_makes_a_customer_less_likely_to_be_one() -> None:
    model = RepeatBuying(0.5, 5.0, 0.8, 2.4, True, 2, 4, 100, DAY, 1)
    age = np.full(3, 700.0)
    here = model.still_here(np.full(3, 5.0), np.array([690.0, 400.0, 100.0]), age)
    assert (np.diff(here) < 0).all()
    # Spend of few orders is pulled to everybody's, of many it is her own.
    each = model.spend_of_an_order(np.full(2, 1_000.0), np.array([1.0, 200.0]))
    assert abs(each[1] - 1_000) < abs(each[0] - 1_000)


def test_one_customer_and_no_customers_are_told_of_too() -> None:
    alone = fit_repeat_buying(make_history([(0, 5, 100.0)]), day=30)
    told = alone.orders_within(np.zeros(1), np.zeros(1), np.array([25.0]), days=365)
    assert np.isfinite(told).all()
    nobody = repeat_table(make_history([]), day=30)
    assert len(nobody) == 0
    assert len(past_rate(nobody, horizon=90).spend) == 0


def test_an_outlook_beats_recency_frequency_and_money() -> None:
    history = simulated_buyers(900)
    model = fit_outlook(history, first_day=1, day=330)
    outlook = model.tell(history, day=330, months=3)
    orders, _spend = history.orders_between(330, 420)
    happened = (orders[outlook.customer] == 0).astype(float)
    rfm = fit_rfm(history, first_day=1, day=330, horizon=90)
    assert rfm is not None
    ours = probability_metrics.probability_figures(happened, outlook.no_order)
    theirs = probability_metrics.probability_figures(happened, rfm.no_order(outlook.values))
    assert ours["log_loss"] < theirs["log_loss"]
    assert ours["auc"] > 0.75
    # Three months without an order are less likely than one.
    month = model.tell(history, day=330, months=1)
    assert (outlook.no_order <= month.no_order).all()
    assert outlook.values.shape[1] == len(COLUMNS)
    again = OutlookModel.from_bytes(model.to_bytes())
    assert np.array_equal(again.tell(history, day=330, months=3).no_order, outlook.no_order)


def test_an_outlook_looks_at_nothing_that_came_later() -> None:
    history = simulated_buyers(400)
    model = fit_outlook(history, first_day=1, day=250)
    blind = model.tell(history.until(250), day=250, months=3)
    seeing = model.tell(history, day=250, months=3)
    assert np.array_equal(blind.no_order, seeing.no_order)
    assert model.month.learned_until <= date.fromordinal(250)


def test_errors_of_value_are_by_customer() -> None:
    told = Expected(np.array([1.0, 0.0]), np.array([100.0, 0.0]))
    came = Expected(np.array([2.0, 0.0]), np.array([50.0, 0.0]))
    found = value_figures(told, came)
    assert found["mae_orders"] == 0.5
    assert found["mae_spend"] == 25
    assert found["spend_told_of_came"] == 2


def make_events(rows: list[tuple[int, int, int]], *, n_customers: int, n_kinds: int) -> Events:
    """Customer, day, kind of each."""
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return Events(table[:, 0], table[:, 1], table[:, 2][None, :], n_customers, (n_kinds,))


def test_tastes_lean_on_everybody_until_a_customer_has_shown_her_own() -> None:
    rows = [(customer, day, customer % 4) for customer in range(40) for day in range(1, 100, 7)]
    events = make_events(rows, n_customers=41, n_kinds=4)
    model = fit_profiles(events, day=99)
    told = model.tell(events, day=99, part=0)
    assert np.allclose(told.sum(axis=1), 1)
    assert told[5].argmax() == 1
    assert told[5, 1] > 0.8
    # Nothing is known of the last one: she is as everybody.
    assert np.allclose(told[40], model.shares[0])
    again = ProfilesModel.from_bytes(model.to_bytes())
    assert np.array_equal(again.tell(events, day=99, part=0), told)


def test_without_tastes_of_their_own_customers_stay_near_everybody() -> None:
    rng = np.random.default_rng(0)
    rows = [
        (customer, int(day), int(rng.integers(0, 5)))
        for customer in range(60)
        for day in rng.integers(1, 200, 8)
    ]
    model = fit_profiles(make_events(rows, n_customers=60, n_kinds=5), day=200)
    assert model.pulls[0] >= 32


def make_visits(rows: list[tuple[int, int, int, int]], *, n_visits: int) -> VisitEvents:
    """Visit, kind, product, second of each event."""
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    return VisitEvents(
        visit=table[:, 0],
        kind=table[:, 1],
        product=table[:, 2],
        second=table[:, 3],
        is_checkout=np.zeros(len(table), dtype=np.bool_),
        about=np.zeros((n_visits, 6)),
    )


def test_a_visit_is_looked_at_as_it_stood_and_never_after_its_order() -> None:
    events = make_visits(
        [
            *((0, VIEW, 7, 100), (0, VIEW, 7, 130), (0, ADD, 7, 160), (0, ORDER, 7, 220)),
            *((0, VIEW, 8, 300), (1, VIEW, 9, 50)),
        ],
        n_visits=2,
    )
    looks = look_at(events)
    assert looks.visit.tolist() == [0, 0, 0, 1]
    assert looks.orders_later.tolist() == [1, 1, 1, 0]
    second = dict(zip(VISIT_FEATURES, looks.values[1].tolist(), strict=True))
    assert second["visit_pages"] == 2
    assert second["visit_products_seen"] == 1
    assert second["visit_products_seen_again"] == 1
    assert second["visit_cart_adds"] == 0  # it came later
    assert second["visit_minutes"] == 0.5
    assert look_at(events, only_last=True).visit.tolist() == [1]
    assert len(look_at(make_visits([], n_visits=0)).visit) == 0
