"""Reviews, and what the product cards say about them and about sales."""

from collections import Counter, defaultdict

import numpy as np

from catalog.services.summaries import Rating, record_availability, record_ratings, record_sales
from ecomsite.demo.loading.catalogue import Keys
from ecomsite.demo.loading.clock import Clock
from ecomsite.demo.loading.people import full_name
from ecomsite.demo.reviews import WrittenReview
from ecomsite.demo.trade import DAY, Trade
from learning.bulk import insert_columns
from support.models import Review


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


def _shown_name(trade: Trade, shopper: int) -> str:
    name = full_name(trade, shopper)
    if trade.shoppers.speaks_chinese[shopper]:
        return name[0] + "*" * (len(name) - 1)
    first, last = name.split(" ")
    return f"{first} {last[0]}."
