"""The learned order: what it is made of, how it is chosen, how it is stored."""

import json

import numpy as np
import pytest
from scipy import sparse

from recommendations.algorithms.evaluation import Returns, discover_quality
from recommendations.algorithms.ranker import FEATURES, RankerModel, feature_rows, scaled_sales
from recommendations.algorithms.ranker_training import (
    MIXES,
    STRENGTHS,
    Rankable,
    Try,
    fit_ranker,
    hand_weights,
    orders_of,
    widest_of_best,
)

CATEGORY = FEATURES.index("own categories")


def one_person(**known: object) -> np.ndarray:
    told: dict[str, object] = {
        "together": np.array([1.0, 0.5]),
        "upcoming": np.array([0.0, 1.0]),
        "sold": np.array([0.2, 0.4]),
        "own_categories": np.array([0.75, 0.0]),
        "prices": np.array([100.0, 400.0]),
        "own_prices": np.array([100.0, 400.0]),
        "n_orders": 3,
        **known,
    }
    return feature_rows(**told)  # type: ignore[arg-type]  # named above


def test_what_is_known_of_a_product_can_be_reckoned_by_hand() -> None:
    usual = np.log(200.0)
    expected = [
        [1.0, 0.0, 0.2, 0.05, 0.75, usual - np.log(100.0)],
        [0.5, 1.0, 0.4, 0.1, 0.0, np.log(400.0) - usual],
    ]
    np.testing.assert_allclose(one_person(), expected)


@pytest.mark.parametrize(
    ("prices", "own", "expected"),
    [
        ([0.0, 100.0], [100.0], [0.0, 0.0]),
        ([100.0, 100.0], [], [0.0, 0.0]),
        ([100.0, 100.0], [0.0], [0.0, 0.0]),
        ([1.0, 1e9], [1000.0], [2.0, 2.0]),
    ],
)
def test_a_price_that_is_unknown_is_no_distance_and_none_is_endless(
    prices: list[float], own: list[float], expected: list[float]
) -> None:
    found = one_person(prices=np.array(prices), own_prices=np.array(own))
    np.testing.assert_allclose(found[:, FEATURES.index("unlike own prices")], expected)


def test_sales_are_scaled_to_the_best_seller() -> None:
    np.testing.assert_allclose(scaled_sales(np.array([0.0, 9.0, 99.0, -4.0]), 99.0), [0, 0.5, 1, 0])
    assert scaled_sales(np.array([5.0]), 0.0).tolist() == [1.0]


def test_the_best_has_odds_of_one() -> None:
    model = RankerModel(hand_weights(), learned_until_day=7)
    odds = model.order(one_person())
    assert odds.argmax() == 1
    assert odds[1] == 1.0
    assert 0.0 < odds[0] < 1.0
    assert len(model.order(np.zeros((0, len(FEATURES))))) == 0


def test_a_model_is_read_as_it_was_written_and_no_other() -> None:
    model = RankerModel(np.arange(6.0), learned_until_day=7, choice={"way": "mix"})
    found = RankerModel.from_bytes(model.to_bytes())
    np.testing.assert_array_equal(found.weights, model.weights)
    assert (found.learned_until_day, found.choice) == (7, {"way": "mix"})
    other = json.loads(model.to_bytes())
    other["features"][0] = "the moon"
    with pytest.raises(ValueError, match="other features"):
        RankerModel.from_bytes(json.dumps(other).encode())


def make_people(n_people: int, *, by_category: bool, seed: int = 0) -> tuple[Rankable, Returns]:
    """Twenty candidates each; they buy one, of their own category or what goes together."""
    random = np.random.default_rng(seed)
    n = n_people * 20
    features = random.random((n, len(FEATURES)))
    features[:, CATEGORY] = random.random(n) < 0.2
    telling = features[:, CATEGORY if by_category else 0] + random.random(n) / 100
    products = np.tile(np.arange(20), n_people)
    starts = np.arange(0, n + 1, 20)
    wanted = telling.reshape(n_people, 20).argmax(axis=1)
    bought = (products == np.repeat(wanted, 20)).astype(np.float64)
    size = (n_people, 20)
    targets = sparse.csr_matrix((np.ones(n_people), (np.arange(n_people), wanted)), shape=size)
    returns = Returns(np.arange(n_people), sparse.csr_matrix(size), targets)
    return Rankable(starts, products, features, bought), returns


def test_what_tells_is_found_and_everything_is_tried_equally_often() -> None:
    asked, returns = make_people(300, by_category=True)
    model = fit_ranker(asked, returns, learned_until_day=3)
    assert model.choice["way"] == "everything"
    assert model.weights[CATEGORY] > 3 * np.abs(np.delete(model.weights, CATEGORY)).max()
    assert len(MIXES) == len(STRENGTHS) == model.choice["tries_of_each"]
    new, truth = make_people(300, by_category=True, seed=1)
    ours = discover_quality(new.lists(model.weights), truth).ndcg.mean()
    by_hand = discover_quality(new.lists(hand_weights()), truth).ndcg.mean()
    assert ours > by_hand + 0.2


def test_where_recommenders_say_it_all_they_are_mixed() -> None:
    asked, returns = make_people(300, by_category=False)
    model = fit_ranker(asked, returns, learned_until_day=3)
    assert model.choice["way"] == "mix"
    np.testing.assert_array_equal(model.weights, hand_weights(0.0))


def test_of_ways_that_are_not_told_apart_the_widest_is_taken() -> None:
    random = np.random.default_rng(1)
    best = random.random(200)
    noise = random.normal(0.0, 0.3, 200)
    near = best + noise - noise.mean() - 0.001
    ways = [
        Try("everything", 1.0, best, 0.1),
        Try("mix", 0.5, near, 0.4),
        Try("mix", 2.0, best - 0.1, 0.9),
    ]
    assert widest_of_best(ways) is ways[1]
    assert widest_of_best(ways[::2]) is ways[0]


def test_the_same_people_teach_the_same() -> None:
    first, second = (
        fit_ranker(*make_people(80, by_category=True), learned_until_day=3) for _ in range(2)
    )
    assert first.to_bytes() == second.to_bytes()


def test_nothing_that_could_have_been_shown_teaches_nothing() -> None:
    asked, returns = make_people(20, by_category=True)
    empty = Rankable(asked.starts, asked.products, asked.features, np.zeros(len(asked.products)))
    with pytest.raises(ValueError, match="could have been shown"):
        fit_ranker(empty, returns, learned_until_day=3)


def test_orders_are_counted_once_each() -> None:
    customers, baskets = np.array([4, 4, 4, 9]), np.array([1, 1, 2, 3])
    assert orders_of(customers, baskets, [4, 9]).tolist() == [2, 1]
