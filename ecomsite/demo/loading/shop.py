"""The whole demo shop: rows in one transaction, then what its staff decided."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from django.db import transaction

from catalog.models import Product
from catalog.services import indexing
from customers.models import User
from ecomsite.demo.drawing.develop import developed
from ecomsite.demo.history import FULL, SMALL, simulate
from ecomsite.demo.loading.behaviour import load_behaviour
from ecomsite.demo.loading.campaigns import load_campaigns
from ecomsite.demo.loading.catalogue import load_catalogue
from ecomsite.demo.loading.clock import Clock
from ecomsite.demo.loading.decisions import decide_on_photos
from ecomsite.demo.loading.experiments import load_experiments
from ecomsite.demo.loading.offers import load_offers
from ecomsite.demo.loading.people import load_people
from ecomsite.demo.loading.photos import load_photos
from ecomsite.demo.loading.risky import place_risky
from ecomsite.demo.loading.sales import load_sales
from ecomsite.demo.loading.segments import load_segments
from ecomsite.demo.loading.staff import load_staff, write_logins
from ecomsite.demo.loading.voices import load_cards, load_reviews
from ecomsite.demo.loading.warehouse import load_warehouse
from ecomsite.demo.reviews import write_reviews
from ecomsite.demo.specification import specification
from ecomsite.demo.trade import DAY


class ShopNotEmptyError(Exception):
    """There are products already; the demo is only made in an empty shop."""

    def __init__(self, products: int) -> None:
        self.products = products
        super().__init__(f"The shop already has {products} products.")


@dataclass(frozen=True)
class Seeded:
    products: int
    customers: int
    orders: int
    reviews: int


def seed(*, seed: int, today: date, small: bool, logins: Path) -> Seeded:
    """Fill an empty shop with everything up to yesterday, or leave it as it was.

    Raises ShopNotEmptyError.
    """
    if found := Product.objects.count():
        raise ShopNotEmptyError(found)
    goods = specification(small=small)
    looks = [product.look for product in goods.products]
    with developed(looks, [product.backdrop for product in goods.products]) as pictures:
        trade = simulate(
            goods, seed=seed, last_day=today - timedelta(days=1), scale=SMALL if small else FULL
        )
        written = write_reviews(trade, seed=seed)
        clock = Clock(trade.start, trade.n_days)
        with transaction.atomic():
            staff = load_staff()
            keys = load_catalogue(goods, trade, clock)
            user_ids = load_people(trade, clock)
            sales = load_sales(trade, keys, user_ids, clock)
            load_warehouse(trade, keys, sales, clock)
            load_reviews(trade, written, keys, user_ids, clock)
            load_behaviour(trade, keys, user_ids, clock, seed=seed)
            load_offers(trade, clock)
            load_cards(trade, keys)
            load_segments(User.objects.get(username="manager"))
            load_photos(goods.products, pictures, keys)
            load_experiments(today=today, small=small, seed=seed)
            load_campaigns(today=today, small=small, seed=seed)
            write_logins(staff, logins)
    indexing.reindex_all()
    if not small:
        # After the rest and photo by photo: no model works inside a transaction.
        evening = clock.moment(trade.end - DAY // 4)
        decide_on_photos(editor=User.objects.get(username="editor"), at=evening)
        # Through the shop's own services, which read what is usual here.
        place_risky(at=evening, manager=User.objects.get(username="manager"))
    return Seeded(
        products=len(goods.products),
        customers=sum(key is not None for key in user_ids),
        orders=len(trade.orders),
        reviews=len(written),
    )
