"""The simulated trade: the same for the same seed, and true to its own stock."""

import os
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest

from ecomsite.demo.affinity import affinity
from ecomsite.demo.history import SMALL, Scale, simulate
from ecomsite.demo.reviews import write_reviews
from ecomsite.demo.seasons import days_to_spring_festival, season
from ecomsite.demo.specification import specification
from ecomsite.demo.trade import DAY, Trade

LAST_DAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def trade() -> Trade:
    return simulate(specification(small=True), seed=1, last_day=LAST_DAY, scale=SMALL)


def test_the_same_seed_gives_the_same_trade(trade: Trade) -> None:
    again = simulate(specification(small=True), seed=1, last_day=LAST_DAY, scale=SMALL)
    assert again.orders == trade.orders
    assert again.purchases == trade.purchases
    assert write_reviews(again, seed=1) == write_reviews(trade, seed=1)
    other = simulate(specification(small=True), seed=2, last_day=LAST_DAY, scale=SMALL)
    assert other.orders != trade.orders


def test_trade_ends_on_the_last_day(trade: Trade) -> None:
    assert trade.start == LAST_DAY - timedelta(days=SMALL.n_days - 1)
    assert max(order.placed_at for order in trade.orders) < trade.end
    settled = [order.settled_at for order in trade.orders if order.settled_at is not None]
    assert max(settled) < trade.end


def test_the_warehouse_never_sells_what_it_has_not(trade: Trade) -> None:
    """Replay everything in the order in which it happened."""
    events: list[tuple[int, int, int]] = []
    for purchase in trade.purchases:
        if purchase.arrives < trade.n_days:
            events += [
                (purchase.arrives * DAY, line.sku, line.quantity - line.damaged)
                for line in purchase.lines
            ]
    for order in trade.orders:
        if not order.is_cancelled:
            events += [(order.placed_at, line.sku, -line.quantity) for line in order.lines]
    for item in trade.returns:
        if item.received_at is not None and item.is_resellable:
            events.append((item.received_at, item.line.sku, item.line.quantity))
    events += [(c.at, c.sku, c.quantity) for c in trade.corrections]
    stock = trade.opening.copy()
    for _moment, sku, units in sorted(events):
        stock[sku] += units
        assert stock[sku] >= 0
    assert stock.tolist() == trade.available.tolist()


def test_nobody_is_turned_away_from_a_full_shelf(trade: Trade) -> None:
    """Whoever missed something, missed a SKU that was low: the day's sales took the rest."""
    assert trade.missed
    sold = Counter(
        (order.placed_at // DAY, line.sku) for order in trade.orders for line in order.lines
    )
    for missed in trade.missed:
        emptied = trade.sold_out[missed.day, missed.sku]
        assert emptied or missed.quantity > 1 or sold[missed.day, missed.sku]


def test_returns_follow_the_shipment(trade: Trade) -> None:
    for item in trade.returns:
        assert item.order.settled_at is not None
        assert item.order.settled_at < item.requested_at < trade.end
        assert item.line.returned == (item.line.quantity if item.received_at is not None else 0)


def test_orders_that_go_together_are_bought_together() -> None:
    products = specification().products
    kinds = [product.kind.code for product in products]
    pairs = affinity(products)
    # A gaiwan stands on the same shelf, but nobody needs it for the pot.
    pot, cup, gaiwan = (kinds.index(kind) for kind in ("teapot", "teacup", "gaiwan"))
    assert pairs[pot, cup] > 10 * pairs[pot, gaiwan]
    assert pairs[pot, pot] == 0


def test_the_odd_things_are_planted() -> None:
    shop = specification(small=True)
    trade = simulate(shop, seed=3, last_day=LAST_DAY, scale=Scale(n_days=120, n_shoppers=400))
    bulk = [line for order in trade.orders for line in order.lines if line.is_bulk]
    assert [line.quantity for line in bulk] == [160]
    placed: dict[int, list[int]] = {}
    for order in trade.orders:
        placed.setdefault(order.shopper, []).append(order.placed_at)
    within_a_minute = [
        moments for moments in placed.values() if (np.diff(sorted(moments)) <= 60).any()
    ]
    assert within_a_minute
    reviews = write_reviews(trade, seed=3)
    angry = [
        review
        for review in reviews
        if review.product == trade.planted.bad_product
        and review.stars <= 2
        and 0 <= review.written_at // DAY - trade.planted.bad_day < 2
    ]
    assert len(angry) >= 10


def test_stars_and_words_mostly_agree(trade: Trade) -> None:
    reviews = write_reviews(trade, seed=1)
    assert {review.is_chinese for review in reviews} == {True, False}
    assert len({(review.product, review.shopper) for review in reviews}) == len(reviews)
    assert all("{" not in review.text for review in reviews)


def test_the_spring_festival_is_found_from_both_sides() -> None:
    assert days_to_spring_festival(date(2026, 2, 17)) == 0
    assert days_to_spring_festival(date(2026, 2, 1)) == 16
    assert days_to_spring_festival(date(2026, 2, 20)) == -3
    assert days_to_spring_festival(date(2025, 12, 31)) == 48


def test_kites_fly_in_spring_and_scarves_warm_in_winter() -> None:
    days = [date(2026, 1, 5), date(2026, 4, 10), date(2026, 7, 10)]
    winter, spring, summer = season("winter", days), season("spring", days), season("summer", days)
    assert winter[0] > 2 * winter[2]
    assert spring[1] > 2 * spring[2]
    assert summer[2] > 2 * summer[0]


def test_the_spring_festival_is_found_in_a_chinese_terminal() -> None:
    asked = (
        "from datetime import date\n"
        "from ecomsite.demo.seasons import days_to_spring_festival\n"
        "print(days_to_spring_festival(date(2026, 2, 17)))"
    )
    environment = {**os.environ, "LANGUAGE": "zh_CN", "LANG": "zh_CN.UTF-8"}
    told = subprocess.run(
        [sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "0"
