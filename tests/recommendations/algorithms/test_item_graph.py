import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommendations.algorithms.item_graph import GraphSettings, ItemGraph
from recommendations.algorithms.item_graph_training import (
    fit_item_graph,
    top_lists,
    unit_matrix,
    with_source_exponent,
)
from recommendations.algorithms.shopping_log import ShoppingLog, purchase_log
from tests.recommendations.algorithms.shops import make_log, make_themed_shop

COSINE = GraphSettings(
    unit="basket", source_exponent=0.5, unit_exponent=0.0, target_exponent=0.5, neighbours=10
)


def test_scores_and_counts_of_a_shop_worked_out_by_hand() -> None:
    # 0 is bought three times, 1 twice, 2 once; 0 and 1 meet twice, 0 and 2 once.
    graph = fit_item_graph(make_log((0, 1), (0, 1), (0, 2)), COSINE)

    first, second = graph.neighbours(0, limit=10)
    assert (first.product, first.together, first.buyers) == (1, 2, 3)
    assert first.score == pytest.approx(2 / np.sqrt(3 * 2), rel=1e-6)
    assert (second.product, second.together, second.buyers) == (2, 1, 3)
    assert second.score == pytest.approx(1 / np.sqrt(3 * 1), rel=1e-6)
    assert [each.product for each in graph.neighbours(2, limit=10)] == [0]


def test_the_three_exponents_work_on_source_unit_and_target() -> None:
    log = make_log((0, 1), (0, 1, 2), (0, 3))
    asymmetric = GraphSettings(
        unit="basket", source_exponent=1.0, unit_exponent=1.0, target_exponent=0.5
    )
    (best, *_) = fit_item_graph(log, asymmetric).neighbours(0, limit=1)
    assert best.product == 1
    assert best.score == pytest.approx((1 / 2 + 1 / 3) / (3 * np.sqrt(2)), rel=1e-6)


def test_a_customer_joins_what_they_bought_on_different_days() -> None:
    log = purchase_log(
        customer=[7, 7, 8], basket=[0, 1, 2], product=[0, 1, 0], day=[1, 5, 2], n_products=2
    )
    by_customer = fit_item_graph(log, GraphSettings(unit="customer"))
    by_basket = fit_item_graph(log, GraphSettings(unit="basket"))
    assert [each.product for each in by_customer.neighbours(0, limit=5)] == [1]
    assert by_basket.neighbours(0, limit=5) == []


def test_buying_twice_counts_once() -> None:
    once = fit_item_graph(make_log((0, 1), (0, 2)), COSINE)
    twice = fit_item_graph(make_log((0, 0, 1, 1), (0, 2)), COSINE)
    assert np.array_equal(once.scores, twice.scores)
    assert np.array_equal(once.together, twice.together)


def test_views_join_products_only_when_behaviour_counts_and_are_no_purchases() -> None:
    log = ShoppingLog(
        customer=np.array([0, 0]),
        basket=np.array([0, 0]),
        product=np.array([0, 1]),
        day=np.array([0, 0]),
        weight=np.array([0.5, 0.5]),
        purchased=np.array([False, False]),
        n_products=2,
    )
    blind = fit_item_graph(log, GraphSettings(behaviour_weight=0.0))
    seeing = fit_item_graph(log, GraphSettings(behaviour_weight=0.3))
    assert blind.neighbours(0, limit=5) == []
    (seen,) = seeing.neighbours(0, limit=5)
    assert (seen.product, seen.together, seen.buyers) == (1, 0, 0)


def test_a_product_never_bought_and_a_shop_without_orders_have_no_neighbours() -> None:
    assert fit_item_graph(make_log((0, 1), n_products=4), COSINE).neighbours(3, limit=5) == []
    empty = purchase_log(customer=[], basket=[], product=[], day=[], n_products=3)
    graph = fit_item_graph(empty, COSINE)
    assert graph.n_products == 3
    assert graph.recommend([0, 1], limit=5) == []


def test_only_the_best_neighbours_are_kept_and_ties_go_to_the_lower_index() -> None:
    log = make_log((0, 1), (0, 1), (0, 2), (0, 3), (0, 4))
    few = GraphSettings(unit="basket", unit_exponent=0.0, target_exponent=0.0, neighbours=3)
    assert [each.product for each in fit_item_graph(log, few).neighbours(0, limit=9)] == [1, 2, 3]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 11), min_size=1, max_size=6), min_size=1, max_size=25),
    st.integers(1, 12),
)
def test_the_size_of_the_blocks_changes_nothing(baskets: list[list[int]], rows: int) -> None:
    log = make_log(*(tuple(basket) for basket in baskets), n_products=12)
    few = GraphSettings(unit="basket", neighbours=3)
    whole = fit_item_graph(log, few)
    parts = fit_item_graph(log, few, rows_per_block=rows)
    for name in ("starts", "targets", "scores", "together", "buyers"):
        assert np.array_equal(getattr(whole, name), getattr(parts, name)), name


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.integers(0, 7), min_size=1, max_size=5), min_size=1, max_size=20))
def test_the_sparse_graph_equals_the_formula_written_out(baskets: list[list[int]]) -> None:
    chosen = GraphSettings(
        unit="basket", source_exponent=0.7, unit_exponent=0.9, target_exponent=0.3, neighbours=8
    )
    held = [set(basket) for basket in baskets]
    degree = [sum(product in basket for basket in held) for product in range(8)]
    graph = fit_item_graph(make_log(*(tuple(b) for b in baskets), n_products=8), chosen)
    for i in range(8):
        found = {each.product: each.score for each in graph.neighbours(i, limit=8)}
        for j in range(8):
            both = [len(basket) for basket in held if i in basket and j in basket]
            if i == j or not both:
                assert j not in found
                continue
            expected = sum(size**-0.9 for size in both) / degree[i] ** 0.7 / degree[j] ** 0.3
            assert found[j] == pytest.approx(expected, rel=1e-5)


def test_contributions_sum_to_the_score_and_name_the_products_that_made_it() -> None:
    graph = fit_item_graph(make_themed_shop(), GraphSettings())
    history, weights = [3, 14, 3, 25], [1.0, 0.6, 0.5, 0.2]
    for product, score in graph.recommend(history, weights=weights, limit=15):
        parts = graph.explain(history, product, weights=weights)
        assert {source for source, _ in parts} <= set(history)
        assert sum(added for _, added in parts) == pytest.approx(score, abs=1e-9)
        assert [added for _, added in parts] == sorted((a for _, a in parts), reverse=True)


def test_what_is_left_out_does_not_come_up() -> None:
    graph = fit_item_graph(make_log((0, 1), (0, 2), (1, 2)), COSINE)
    assert [product for product, _ in graph.recommend([0], limit=5)] == [1, 2]
    assert [product for product, _ in graph.recommend([0], leave_out=[1], limit=5)] == [2]


def test_a_stored_graph_answers_as_before() -> None:
    graph = fit_item_graph(make_themed_shop(), GraphSettings(unit_exponent=0.9, neighbours=20))
    again = ItemGraph.from_bytes(graph.to_bytes())
    assert again.settings == graph.settings
    assert again.neighbours(5, limit=20) == graph.neighbours(5, limit=20)
    assert again.recommend([1, 2], limit=10) == graph.recommend([1, 2], limit=10)


def test_lists_for_tuning_agree_with_the_fitted_graph() -> None:
    log = make_themed_shop()
    grid = [GraphSettings(target_exponent=c, unit_exponent=0.5) for c in (0.2, 0.5)]
    held = unit_matrix(log, unit="customer", behaviour_weight=0.0)
    for chosen, lists in zip(grid, top_lists(held, grid, limit=10), strict=True):
        graph = fit_item_graph(log, chosen)
        for product in range(log.n_products):
            expected = [each.product for each in graph.neighbours(product, limit=10)]
            assert [each for each in lists[product] if each >= 0] == expected


def test_another_source_exponent_is_what_fitting_with_it_gives() -> None:
    log = make_themed_shop()
    graph = fit_item_graph(log, GraphSettings(source_exponent=0.5))
    fitted = fit_item_graph(log, GraphSettings(source_exponent=0.9))
    scaled = with_source_exponent(graph, log, 0.9)
    assert scaled.settings == fitted.settings
    assert np.array_equal(scaled.targets, fitted.targets)
    assert scaled.scores == pytest.approx(fitted.scores, rel=1e-5)
