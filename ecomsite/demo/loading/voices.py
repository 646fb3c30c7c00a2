"""Reviews, visits, and what the product cards say about both."""

from collections import Counter, defaultdict
from uuid import UUID

import numpy as np

from catalog.services.summaries import Rating, record_availability, record_ratings, record_sales
from ecomsite.demo.loading.catalogue import Keys
from ecomsite.demo.loading.clock import Clock
from ecomsite.demo.loading.people import full_name
from ecomsite.demo.reviews import WrittenReview
from ecomsite.demo.trade import DAY, Trade
from insights.models import Interaction
from learning.bulk import insert_columns
from support.models import Review

# Only recent visits are kept by a shop; older ones are summed up.
VISIT_DAYS = 75
Seen = tuple[str, int, int, int]


def load_reviews(
    trade: Trade,
    written: list[WrittenReview],
    keys: Keys,
    user_ids: list[int | None],
    clock: Clock,
) -> None:
    insert_columns(
        Review,
        {
            "product_id": [keys.products[review.product] for review in written],
            "author_id": [user_ids[review.shopper] for review in written],
            "author_name": [_shown_name(trade, review.shopper) for review in written],
            "language": ["zh-hans" if review.is_chinese else "en" for review in written],
            "stars": [review.stars for review in written],
            "title": [review.title for review in written],
            "text": [review.text for review in written],
            "is_verified_purchase": [True] * len(written),
            "written_at": clock.moments(np.array([review.written_at for review in written])),
        },
    )
    stars: dict[int, list[int]] = defaultdict(list)
    for review in written:
        stars[keys.products[review.product]].append(review.stars)
    record_ratings(
        ratings={
            product: Rating(average=sum(given) / len(given), count=len(given))
            for product, given in stars.items()
        },
        among=keys.products,
    )


def load_cards(trade: Trade, keys: Keys) -> None:
    """Availability and the sales of the last 30 days."""
    in_stock = np.flatnonzero(trade.available > 0)
    record_availability(
        available_product_ids={
            keys.products[place] for place in trade.goods.product_of[in_stock].tolist()
        },
        among=keys.products,
    )
    sold: Counter[int] = Counter()
    for order in trade.orders:
        if not order.is_cancelled and order.placed_at >= trade.end - 30 * DAY:
            for line in order.lines:
                sold[keys.products[line.product]] += line.quantity
    record_sales(units_30_days=sold, among=keys.products)


def load_visits(
    trade: Trade, keys: Keys, user_ids: list[int | None], clock: Clock, *, seed: int
) -> None:
    """What people looked at before they bought, and visits that ended without an order."""
    rng = np.random.default_rng(seed)
    since = max(0, trade.n_days - VISIT_DAYS) * DAY
    seen: list[Seen] = []
    kinds = Interaction.Kind
    pull = trade.shoppers.taste[:, trade.goods.category]
    pull = pull / pull.sum(axis=1, keepdims=True)
    steps = np.cumsum(pull, axis=1)
    n_products = len(trade.goods.products)

    def browse(shopper: int, moment: int, count: int) -> None:
        drawn = np.minimum(np.searchsorted(steps[shopper], rng.random(count)), n_products - 1)
        for step, product in enumerate(drawn.tolist()):
            if trade.launched[product] <= moment // DAY:
                seen.append((kinds.VIEW.value, shopper, product, moment + step * 35))

    for order in trade.orders:
        if order.placed_at < since:
            continue
        began = max(order.placed_at - int(rng.integers(240, 1500)), since)
        browse(order.shopper, began, int(rng.poisson(2.2)))
        for line in order.lines:
            seen.append((kinds.VIEW.value, order.shopper, line.product, order.placed_at - 200))
            seen.append(
                (kinds.ADD_TO_CART.value, order.shopper, line.product, order.placed_at - 120)
            )
            seen.append((kinds.PURCHASE.value, order.shopper, line.product, order.placed_at))
    last_day = trade.n_days - 1
    for day in range(since // DAY, last_day + 1):
        people = np.flatnonzero((trade.shoppers.joined <= day) & (day < trade.shoppers.left))
        if not len(people):
            continue
        for shopper in rng.choice(people, int(rng.poisson(len(people) * 0.07))).tolist():
            browse(shopper, day * DAY + int(rng.integers(8 * 3600, 86_000)), 1 + rng.poisson(2.5))
    seen.sort(key=lambda row: (row[3], row[1], row[2], row[0]))
    moments = np.clip(np.array([row[3] for row in seen], dtype=np.int64), 0, trade.end - 1)
    insert_columns(
        Interaction,
        {
            "event_id": [_event_id(seed, number) for number in range(len(seen))],
            "kind": [row[0] for row in seen],
            "visitor_key": [f"demo-{row[1] + 1:05d}" for row in seen],
            "customer_id": [user_ids[row[1]] for row in seen],
            "product_id": [keys.products[row[2]] for row in seen],
            "language": [
                "zh-hans" if trade.shoppers.speaks_chinese[row[1]] else "en" for row in seen
            ],
            "occurred_at": clock.moments(moments),
        },
    )


def _event_id(seed: int, number: int) -> str:
    """32 digits, which SQLite stores as they are and PostgreSQL reads as a UUID."""
    return UUID(int=(seed % 2**32 << 64) + number + 1, version=4).hex


def _shown_name(trade: Trade, shopper: int) -> str:
    name = full_name(trade, shopper)
    if trade.shoppers.speaks_chinese[shopper]:
        return name[0] + "*" * (len(name) - 1)
    first, last = name.split(" ")
    return f"{first} {last[0]}."
