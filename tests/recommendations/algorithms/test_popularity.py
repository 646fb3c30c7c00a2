from recommendations.algorithms.popularity import (
    buyers_by_product,
    popular_lists,
    popularity,
)
from recommendations.algorithms.shopping_log import purchase_log
from tests.recommendations.algorithms.shops import make_log


def test_a_customer_counts_once_for_a_product() -> None:
    log = purchase_log(
        customer=[1, 1, 2], basket=[0, 1, 2], product=[0, 0, 1], day=[0, 1, 2], n_products=3
    )
    assert buyers_by_product(log).tolist() == [1, 1, 0]


def test_popularity_knows_nothing_of_the_day_itself_or_of_older_days() -> None:
    # Days 0 to 4, one basket each.
    log = make_log((0, 1), (0,), (1,), (2,), (0, 2))
    assert popularity(log, as_of_day=4).tolist() == [0, 1, 2]
    assert popularity(log, as_of_day=4, days=2).tolist() == [1, 2]
    assert popularity(log, as_of_day=0).tolist() == []


def test_a_product_is_not_in_its_own_list() -> None:
    ranked = popularity(make_log((0,), (0,), (0, 1), (1,), (2,)), as_of_day=9)
    lists = popular_lists(ranked, n_products=5, limit=2)
    assert lists.tolist() == [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1]]


def test_a_shop_with_fewer_products_than_places_is_padded() -> None:
    ranked = popularity(make_log((0, 1)), as_of_day=9)
    assert popular_lists(ranked, n_products=3, limit=2).tolist() == [[1, -1], [0, -1], [0, 1]]
