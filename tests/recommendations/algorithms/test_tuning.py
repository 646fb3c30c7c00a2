import numpy as np

from recommendations.algorithms.content import ContentNeighbours
from recommendations.algorithms.evaluation import (
    by_customer,
    discover_quality,
    graph_lists,
    page_quality,
    pages_of,
    returns_of,
    unseen_popular_lists,
)
from recommendations.algorithms.item_graph import GraphSettings
from recommendations.algorithms.item_graph_training import fit_item_graph
from recommendations.algorithms.popularity import popular_lists, popularity
from recommendations.algorithms.shopping_log import cut_day, purchase_log
from recommendations.algorithms.similar import rank_lists, similar_entries
from recommendations.algorithms.tuning import choose_settings
from tests.recommendations.algorithms.shops import make_log, make_themed_shop

SMALL = GraphSettings(unit="basket", unit_exponent=0.5, target_exponent=0.3, neighbours=50)


def make_content(n_products: int, *, per_theme: int = 10) -> ContentNeighbours:
    return ContentNeighbours(
        names=[f"Theme{number // per_theme} thing{number}" for number in range(n_products)],
        categories=[number // per_theme for number in range(n_products)],
        prices=[100] * n_products,
    ).fit()


def test_the_cut_leaves_the_share_of_orders_behind_and_divides_no_day() -> None:
    log = make_log(*[(0, 1)] * 10)
    assert cut_day(log, share=0.2) == 8
    assert log.before(8).n_baskets() == 8
    same_day = purchase_log(
        customer=[0, 1, 2], basket=[0, 1, 2], product=[0, 0, 0], day=[5, 5, 5], n_products=1
    )
    assert cut_day(same_day, share=0.3) == 5


def test_pages_ask_for_the_rest_of_the_basket() -> None:
    pages = pages_of(make_log((0, 1, 2), (1,), (2, 3)))
    assert pages.product.tolist() == [0, 1, 2, 2, 3]
    assert pages.n_targets.tolist() == [2, 2, 2, 1, 1]
    lists = np.array([[1, 2], [3, -1], [3, 0], [2, -1]])
    # Of the first basket: 0 finds both, 1 none, 2 one of two; of the last: 2 and 3 their one.
    assert page_quality(lists, pages).recall.tolist() == [1.0, 0.0, 0.5, 1.0, 1.0]
    assert by_customer(page_quality(lists, pages), pages.customer).recall.tolist() == [0.5, 1.0]


def test_a_long_basket_asks_no_more_than_its_share() -> None:
    pages = pages_of(make_log(tuple(range(50)), (0, 1)), per_basket=20)
    assert np.bincount(pages.basket).tolist() == [20, 2]
    assert set(pages.n_targets.tolist()) == {49, 1}


def test_returning_customers_are_asked_only_for_what_is_new_to_them() -> None:
    past = purchase_log(
        customer=[0, 0, 1], basket=[0, 0, 1], product=[0, 1, 2], day=[0, 0, 0], n_products=4
    )
    future = purchase_log(
        customer=[0, 0, 1, 9], basket=[2, 2, 3, 4], product=[1, 2, 2, 3], day=[9] * 4, n_products=4
    )
    returns = returns_of(past, future)
    # Customer 1 buys the same again and customer 9 is new: neither asks anything.
    assert returns.customer.tolist() == [0]
    assert returns.targets.toarray().tolist() == [[0, 0, 1, 0]]
    assert unseen_popular_lists(np.array([1, 2, 0]), returns, limit=2).tolist() == [[2, -1]]
    assert discover_quality(np.array([[3, 2]]), returns).recall.tolist() == [1.0]


def test_lists_for_returning_customers_agree_with_the_served_graph() -> None:
    log = make_themed_shop()
    day = cut_day(log, share=0.2)
    graph = fit_item_graph(log.before(day), SMALL)
    returns = returns_of(log.before(day), log.since(day))
    lists = graph_lists(graph, returns, limit=10)
    for row in range(0, len(lists), 17):
        history = returns.history[row].indices.tolist()
        served = graph.recommend(history, leave_out=history, limit=10)
        assert [product for product, _ in served] == [each for each in lists[row] if each >= 0]


def test_chosen_on_earlier_days_the_graph_beats_popularity_on_later_ones() -> None:
    log = make_themed_shop()
    day = cut_day(log, share=0.2)
    past, future = log.before(day), log.since(day)
    content = make_content(log.n_products)
    choice = choose_settings(past, content)
    assert choice.validation_from_day < day
    assert choice.tries == 2 * 2 * 4 + 4 + 3
    pages = pages_of(future)
    graph = fit_item_graph(past, choice.settings)
    lists = rank_lists(graph, content, content_weight=choice.content_weight, limit=10)
    ours = page_quality(lists, pages).ndcg.mean()
    ranked = popularity(past, as_of_day=day)
    popular = popular_lists(ranked, n_products=log.n_products, limit=10)
    assert ours > 0.3
    assert ours > 2 * page_quality(popular, pages).ndcg.mean()


def test_the_choice_is_the_same_every_time() -> None:
    log = make_themed_shop()
    day = cut_day(log, share=0.2)
    content = make_content(log.n_products)
    assert choose_settings(log.before(day), content) == choose_settings(
        make_themed_shop().before(day), content
    )


def test_a_new_product_is_filled_with_what_is_alike_and_says_so() -> None:
    log = make_log((0, 1), (0, 1), (0, 1), (0, 2), (0, 2), (0, 4), n_products=5)
    content = ContentNeighbours(
        names=["Red mug", "Oak table", "Lamp", "Blue mug", "Rope"],
        categories=[1, 2, 3, 1, 4],
        prices=[100] * 5,
    ).fit()
    graph = fit_item_graph(log, SMALL)
    lists = similar_entries(graph, content, content_weight=0.0, limit=3)
    assert [(each.product, each.source, each.together) for each in lists[0]] == [
        (1, "bought together", 3),
        (2, "bought together", 2),
        (3, "alike", 0),
    ]
    assert [(each.product, each.shared_words) for each in lists[3]] == [(0, ("mug",))]
    assert lists[4] == []
    scores = [each.score for each in lists[0]]
    assert scores == sorted(scores, reverse=True)


def test_ranked_lists_are_those_that_are_explained() -> None:
    log = make_themed_shop(n_customers=20)
    content = make_content(log.n_products)
    graph = fit_item_graph(log, SMALL)
    lists = rank_lists(graph, content, content_weight=0.3, limit=20)
    entries = similar_entries(graph, content, content_weight=0.3, limit=20)
    for product, explained in enumerate(entries):
        assert [each.product for each in explained] == [e for e in lists[product] if e >= 0]
        assert product not in {each.product for each in explained}
