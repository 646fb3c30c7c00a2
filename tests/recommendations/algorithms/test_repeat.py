"""What is bought again, as it is served and as it is measured."""

import numpy as np
import pytest

from recommendations.algorithms.repeat import MOST_LINES, RepeatModel
from recommendations.algorithms.repeat_training import (
    Questions,
    baskets_of,
    fit_personal_frequency,
    fit_repeat,
    question_quality,
    questions_of,
    repeat_lists,
)
from recommendations.algorithms.shopping_log import ShoppingLog, purchase_log

N_PRODUCTS = 40


def make_habits(*, n_people: int = 80, n_orders: int = 6, seed: int = 0) -> ShoppingLog:
    """People who buy two things of their own each time, and something else."""
    random = np.random.default_rng(seed)
    lines = []
    for person in range(n_people):
        own = random.choice(N_PRODUCTS, size=2, replace=False)
        for order in range(n_orders):
            products = {*own.tolist(), int(random.integers(N_PRODUCTS))}
            lines += [(person, person * n_orders + order, each, order * 7) for each in products]
    customer, basket, product, day = np.array(sorted(lines)).T
    return purchase_log(
        customer=customer, basket=basket, product=product, day=day, n_products=N_PRODUCTS
    )


def make_model(log: ShoppingLog) -> RepeatModel:
    return fit_repeat(baskets_of(log), product_ids=np.arange(log.n_products) * 5 + 2)


def test_habits_come_first_and_are_there_for_themselves() -> None:
    log = make_habits()
    model = make_model(log)
    found = model.candidates([np.array([7, 12, 52]), np.array([7, 12]), np.array([7, 12])], most=5)
    assert set(found.product_ids[:2].tolist()) == {7, 12}
    assert found.because[:2].tolist() == found.product_ids[:2].tolist()
    assert (np.diff(found.scores) <= 0).all()


def test_a_customer_is_served_what_was_measured() -> None:
    model = make_model(make_habits())
    questions = questions_of(baskets_of(make_habits()), back=1)
    lists = repeat_lists(model, questions, limit=5)
    for row in range(0, len(questions), 7):
        served = model.candidates([each * 5 + 2 for each in questions.before[row]], most=5)
        assert served.product_ids.tolist() == (lists[row] * 5 + 2).tolist()


def test_counting_ranks_by_orders_and_then_by_buyers() -> None:
    log = purchase_log(
        customer=[0, 0, 0, 1, 1],
        basket=[0, 0, 1, 2, 2],
        product=[0, 1, 1, 0, 2],
        day=[0, 0, 1, 0, 0],
        n_products=4,
    )
    asked = Questions(
        before=[[np.array([0, 1]), np.array([1])]], wanted=[np.array([1])], customer=np.array([0])
    )
    lists = fit_personal_frequency(baskets_of(log)).lists(asked, limit=3)
    assert lists.tolist() == [[1, 0, 2]]
    assert question_quality(lists, asked).ndcg.tolist() == [1.0]


@pytest.mark.parametrize(("n_people", "n_orders"), [(1, 1), (1, 3), (3, 1)])
def test_a_shop_of_one_person_or_one_order_each_is_no_error(n_people: int, n_orders: int) -> None:
    model = make_model(make_habits(n_people=n_people, n_orders=n_orders))
    assert len(model.candidates([np.array([2])], most=5)) <= 5
    assert len(model.candidates([], most=5)) == 0
    assert len(model.candidates([np.array([999])], most=5)) == 0


def test_a_shop_of_one_product_is_no_error() -> None:
    log = purchase_log(customer=[0, 0], basket=[0, 1], product=[0, 0], day=[0, 1], n_products=1)
    assert make_model(log).candidates([np.array([2])], most=5).product_ids.tolist() == [2]


def test_of_a_wholesaler_with_fifty_thousand_lines_the_newest_count() -> None:
    n_products = 30_000
    small = make_habits()
    many = np.arange(50_000)
    log = purchase_log(
        customer=np.append(small.customer, np.full(50_000, 1_000)),
        basket=np.append(small.basket, 1_000 + many // 500),
        product=np.append(small.product, many % n_products),
        day=np.append(small.day, many // 500),
        n_products=n_products,
    )
    model = make_model(log)
    orders = [(np.arange(500) + 500 * number) % n_products for number in range(100)]
    found = model.candidates([each * 5 + 2 for each in orders], most=20)
    newest = np.unique(np.concatenate(orders)[-MOST_LINES:]) * 5 + 2
    own = found.because == found.product_ids
    assert own.any()
    assert set(found.product_ids[own].tolist()) <= set(newest.tolist())
    assert len(model.candidates([np.arange(n_products) * 5 + 2], most=20)) == 20


def test_a_model_comes_back_from_its_bytes() -> None:
    model = make_model(make_habits())
    again = RepeatModel.from_bytes(model.to_bytes())
    assert again.to_bytes() == model.to_bytes()
