"""Rules, rarity and outcomes, on cases worked out by hand."""

import numpy as np
import pytest

from insights.algorithms.order_anomaly import LOOKED_AT, OrderAnomalyModel
from insights.algorithms.order_anomaly_training import OddestAmount, figures, fit_anomaly
from insights.algorithms.order_features import FEATURES, FloatArray, feature_matrix, feature_row
from insights.algorithms.order_outcome import INPUTS, OrderOutcomeModel
from insights.algorithms.order_outcome_training import fit_outcome
from insights.algorithms.order_risk import (
    Condition,
    Rule,
    combine,
    hits_of,
    holds,
    mail_facts,
    rarity_part,
    rule_score,
)


def rule(*conditions: Condition, weight: float = 0.5, key: int = 1) -> Rule:
    return Rule(key, weight, False, conditions)


@pytest.mark.parametrize(
    ("facts", "condition", "expected"),
    [
        ({"units": 3}, Condition("units", "at_least", "3"), True),
        ({"units": 3}, Condition("units", "at_most", "2"), False),
        ({"is_guest": True}, Condition("is_guest", "is", "yes"), True),
        ({"is_guest": True}, Condition("is_guest", "is_not", "Yes"), False),
        ({"country": "DE"}, Condition("country", "is", "de"), True),
        ({"language": "zh-hans"}, Condition("language", "is_not", "en"), True),
        # Two of three lie within the hours.
        (
            {"orders_same_email": [0.5, 3.0, 30.0]},
            Condition("orders_same_email", "at_least", "2", 24),
            True,
        ),
        (
            {"orders_same_email": [0.5, 3.0, 30.0]},
            Condition("orders_same_email", "at_least", "2", 1),
            False,
        ),
        # Three orders, two other addresses.
        (
            {"emails_same_device": [[1, 0], [2, 0], [3, 1]]},
            Condition("emails_same_device", "at_least", "3", 24),
            False,
        ),
        # Not known is neither much nor little.
        ({}, Condition("amount_times_own", "at_most", "100"), False),
        ({"units": 3}, Condition("units", "at_least", "broken"), False),
    ],
)
def test_a_condition_compares_what_it_is_about(
    facts: dict[str, object], condition: Condition, expected: bool
) -> None:
    assert holds(facts, condition) is expected


def test_all_conditions_hold_or_the_rule_says_nothing() -> None:
    both = rule(Condition("units", "at_least", "2"), Condition("is_guest", "is", "yes"))
    assert len(hits_of({"units": 2, "is_guest": True}, [both])) == 1
    assert not hits_of({"units": 2, "is_guest": False}, [both])
    assert not hits_of({"units": 2}, [rule()])


def test_suspicions_add_up_and_never_reach_certainty() -> None:
    facts = {"units": 2}
    condition = Condition("units", "at_least", "1")
    hits = hits_of(facts, [rule(condition, weight=0.5), rule(condition, weight=0.4, key=2)])
    assert rule_score(hits) == pytest.approx(1 - 0.5 * 0.6)
    assert combine(hits, 1.0) == pytest.approx(1 - 0.5 * 0.6 * 0.5)
    assert combine([], None) == 0.0


def test_being_rare_alone_holds_no_order() -> None:
    assert [rarity_part(share) for share in (0.0, 0.95, 0.975, 1.0)] == [
        0.0,
        0.0,
        pytest.approx(0.25),
        0.5,
    ]
    assert combine([], 1.0) < 0.6


def test_numbers_of_telephones_are_usual_names_of_mailboxes() -> None:
    assert mail_facts("13800138000@163.com") == {
        "free_mail": True,
        "disposable_mail": False,
        "odd_mail": False,
    }
    assert mail_facts("qwrtzpx81749@mailinator.com")["odd_mail"] is True
    assert mail_facts("x@Mailinator.com")["disposable_mail"] is True
    assert mail_facts("anna.kowalska@example.org")["odd_mail"] is False


def many_orders(n: int = 2_000) -> FloatArray:
    """Of customers who know the shop: skewed amounts, few units, all hours."""
    rng = np.random.default_rng(7)
    return feature_matrix(
        [
            {
                "amount": amount,
                "units": units,
                "line_units": units,
                "account_age_hours": age,
                "orders_before": before,
                "amount_times_own": times,
                "hour": hour,
                "orders_same_email": [],
            }
            for amount, units, age, before, times, hour in zip(
                rng.lognormal(5, 0.6, n),
                rng.integers(1, 6, n),
                rng.uniform(24, 20_000, n),
                rng.integers(0, 40, n),
                rng.lognormal(0, 0.4, n),
                rng.uniform(7, 23, n),
                strict=True,
            )
        ]
    )


def test_rarity_finds_planted_orders_and_alarms_as_often_as_it_says() -> None:
    matrix = many_orders()
    model = fit_anomaly(matrix[:1_400])
    found = figures(model, matrix[1_400:])
    dumb = figures(OddestAmount(matrix[:1_400]), matrix[1_400:])
    assert found["planted_found"] >= dumb["planted_found"] + 0.1
    assert found["alarm_share"] <= 0.05


def test_rarity_grows_with_what_is_suspicious_and_says_why() -> None:
    model = fit_anomaly(many_orders())
    usual = {"amount": 150, "units": 2, "line_units": 2, "account_age_hours": 9_000.0}
    usual |= {"orders_before": 20, "amount_times_own": 1.0}
    odd = {**usual, "amount": 9_000, "units": 60, "line_units": 60}
    rarities = model.rarities(feature_matrix([usual, odd]))
    assert rarities[0] < 0.9
    assert rarities[1] > 0.99
    reasons = dict(model.reasons(np.array(feature_row(odd))))
    assert set(reasons) <= {"amount", "units", "line_units", "unit_price"}
    assert sum(reasons.values()) == pytest.approx(1.0)


def test_a_guest_and_the_hour_make_no_order_rare() -> None:
    assert not {"is_guest", "hour_sin", "hour_cos", "language", "country"} & set(LOOKED_AT)
    model = fit_anomaly(many_orders())
    order = {"amount": 150, "units": 2, "line_units": 2, "account_age_hours": 9_000.0}
    day, night = feature_matrix([{**order, "hour": 12}, {**order, "hour": 3, "is_guest": True}])
    assert model.rarities(day[None, :]) == model.rarities(night[None, :])


def test_a_stored_rarity_model_answers_as_before() -> None:
    matrix = many_orders(600)
    model = fit_anomaly(matrix)
    again = OrderAnomalyModel.from_bytes(model.to_bytes())
    assert np.array_equal(again.rarities(matrix), model.rarities(matrix))
    with pytest.raises((ValueError, OSError)):
        OrderAnomalyModel.from_bytes(b"nonsense")


def test_outcomes_are_learned_and_stored() -> None:
    rng = np.random.default_rng(3)
    matrix = rng.normal(size=(400, len(INPUTS)))
    is_fraud = (matrix[:, 0] + rng.normal(size=400) > 1.5).astype(np.float64)
    model = fit_outcome(matrix, is_fraud)
    probability = model.probabilities(matrix)
    assert probability[is_fraud == 1].mean() > 2 * probability[is_fraud == 0].mean()
    assert abs(probability.mean() - is_fraud.mean()) < 0.02
    strongest = np.argmax(np.abs(model.weights))
    assert INPUTS[strongest] == FEATURES[0]
    again = OrderOutcomeModel.from_bytes(model.to_bytes())
    assert np.allclose(again.probabilities(matrix), probability)
