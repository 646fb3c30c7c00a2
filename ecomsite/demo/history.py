"""Eighteen months of trade, simulated day by day; everything follows from the seed."""

from bisect import bisect
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from ecomsite.demo.affinity import STYLES, affinity, styles_of
from ecomsite.demo.seasons import price_history, season, shop_rhythm
from ecomsite.demo.shoppers import make_shoppers
from ecomsite.demo.specification import Specification
from ecomsite.demo.supply import Supply
from ecomsite.demo.trade import (
    BY_THE_SET,
    DAY,
    BoolArray,
    Correction,
    FloatArray,
    IntArray,
    Line,
    Missed,
    PlacedOrder,
    Planted,
    Return,
    Trade,
    goods_of,
)

HOURS = np.array(
    [5, 2, 1, 1, 1, 2, 5, 9, 14, 20, 24, 24, 27, 23, 20, 20, 21, 22, 25, 32, 40, 42, 32, 15],
    dtype=np.float64,
)
ELASTICITY = 1.6
RETURN_SHARE = {"clothing": 0.085, "lighting": 0.05, "bags": 0.045}
BULK_UNITS = 160
# How many of what is laid by the set: 30 % take one, 37 % two, 24 % four, 9 % six.
SET_SIZES = (1, 2, 4, 6)
SET_STEPS = (0.3, 0.67, 0.91)


@dataclass(frozen=True)
class Scale:
    n_days: int
    n_shoppers: int


FULL = Scale(n_days=548, n_shoppers=2_500)
SMALL = Scale(n_days=60, n_shoppers=150)


def simulate(specification: Specification, *, seed: int, last_day: date, scale: Scale) -> Trade:
    return _Simulation(specification, seed, last_day, scale).run()


class _Simulation:
    """All dice come from one generator, so the order of the draws is part of the result."""

    def __init__(
        self, specification: Specification, seed: int, last_day: date, scale: Scale
    ) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.n_days = scale.n_days
        start = last_day - timedelta(days=scale.n_days - 1)
        days = [start + timedelta(days=step) for step in range(scale.n_days)]
        goods = goods_of(specification)
        n_products = len(goods.products)
        shoppers = make_shoppers(
            scale.n_shoppers,
            n_days=scale.n_days,
            n_categories=len(specification.categories),
            n_styles=len(STYLES),
            rng=rng,
        )
        self.rhythm = shop_rhythm(days, rng)
        self.trade = Trade(
            start=start,
            n_days=scale.n_days,
            goods=goods,
            shoppers=shoppers,
            prices=price_history(days, goods.category, rng),
            planted=_plant(goods.n_skus, n_products, scale.n_days, rng),
            launched=_launches(n_products, scale.n_days, rng),
            quality=rng.normal(0, 0.5, n_products),
            opening=np.zeros(0, dtype=np.int64),
            available=np.zeros(0, dtype=np.int64),
            sold_out=np.zeros((scale.n_days, goods.n_skus), dtype=np.bool_),
            purchases=[],
        )
        self.appeal = self._appeal(days)
        self.affinity = affinity(goods.products)
        self.variant_shares = [rng.dirichlet(np.full(n, 6.0)) for n in goods.n_variants.tolist()]
        self.variant_steps = [np.cumsum(shares)[:-1].tolist() for shares in self.variant_shares]
        # Taste and style do not change, so each shopper's pull is worked out once.
        self.pull = shoppers.taste[:, goods.category] * shoppers.style[:, styles_of(goods.products)]
        self.bought_on = np.full((len(shoppers), n_products), -9_999, dtype=np.int32)
        self.coming_back: dict[int, list[tuple[int, int]]] = {}
        self.supply = Supply(
            start=start,
            suppliers=specification.suppliers,
            supplier_of=goods.supplier,
            cost_minor=goods.cost_minor,
            expected_daily=self._expected_daily(),
            rng=rng,
        )

    def _appeal(self, days: list[date]) -> FloatArray:
        """How strongly each product draws on each day: shape (n_days, n_products)."""
        rng, trade = self.rng, self.trade
        products = trade.goods.products
        popularity = rng.lognormal(0, 0.55, len(products)) * np.array(
            [product.kind.daily_units for product in products]
        )
        # Fashions come and go slowly: a random walk in logarithms, pulled back to zero.
        drift = np.zeros((self.n_days, len(products)))
        for day in range(1, self.n_days):
            drift[day] = 0.985 * drift[day - 1] + rng.normal(0, 0.04, len(products))
        appeal = popularity * np.exp(drift)
        seasons = {tag: season(tag, days) for tag in {p.kind.season for p in products}}
        for place, product in enumerate(products):
            appeal[:, place] *= seasons[product.kind.season]
            since = int(trade.launched[place])
            if since >= 0:
                appeal[:since, place] = 0
                appeal[since : since + 30, place] *= 1.5
        appeal *= trade.prices.paid**-ELASTICITY
        if trade.planted.typo_product >= 0:
            appeal[trade.planted.typo_day, trade.planted.typo_product] *= 25
        return np.asarray(appeal)

    def _expected_daily(self) -> FloatArray:
        """What the buyer of the past expected of each SKU at the start."""
        goods, shoppers = self.trade.goods, self.trade.shoppers
        first = self.appeal[: min(45, self.n_days)].mean(axis=0) + 0.02
        active = (shoppers.joined <= 0) & (shoppers.left > 0)
        lines_a_day = float(shoppers.daily_orders[active].sum()) * 2.2
        by_product = first / first.sum() * lines_a_day * goods.mean_units
        return np.concatenate(
            [by_product[place] * shares for place, shares in enumerate(self.variant_shares)]
        )

    def run(self) -> Trade:
        trade, supply = self.trade, self.supply
        trade.opening = supply.available.copy()
        for day in range(self.n_days):
            for_sale = self._for_sale(day)
            supply.receive(day)
            for sku, quantity in self.coming_back.pop(day, []):
                supply.available[sku] += quantity
            sold = np.zeros(trade.goods.n_skus, dtype=np.int64)
            self._prepare_bulk(day)
            self._sell(day, sold)
            self._correct(day)
            supply.remember(sold)
            supply.review(day, for_sale)
            trade.sold_out[day] = (supply.available == 0) & for_sale
        for sku, quantity in self.coming_back.pop(self.n_days, []):
            supply.available[sku] += quantity
        trade.available = supply.available
        trade.purchases = supply.purchases
        trade.orders.sort(key=lambda order: (order.placed_at, order.shopper))
        return trade

    def _for_sale(self, day: int) -> BoolArray:
        return np.asarray(self.trade.launched[self.trade.goods.product_of] <= day)

    def _sell(self, day: int, sold: IntArray) -> None:
        rng, shoppers = self.rng, self.trade.shoppers
        active = (shoppers.joined <= day) & (day < shoppers.left)
        chance = np.minimum(shoppers.daily_orders * self.rhythm[day], 0.9)
        visitors = np.flatnonzero(active & (rng.random(len(shoppers)) < chance))
        if not len(visitors):
            return
        moments = np.sort(
            rng.choice(24, len(visitors), p=HOURS / HOURS.sum()) * 3600
            + rng.integers(0, 3600, len(visitors))
        )
        baskets = self._baskets(day, visitors)
        must_double = day in self.trade.planted.double_days
        for shopper, moment, products in zip(
            visitors.tolist(), moments.tolist(), baskets, strict=True
        ):
            order = self._place(day, shopper, day * DAY + moment, products, sold)
            if order is not None and must_double and len(order.lines) > 1:
                must_double = not self._double(order, sold)

    def _baskets(self, day: int, visitors: IntArray) -> list[list[int]]:
        """Which products each visitor wants, first choice first."""
        rng, goods = self.rng, self.trade.goods
        weight = self.appeal[day] * self.pull[visitors]
        since = day - self.bought_on[visitors]
        has_bought = since < 9_000
        # What is used up is bought again when it should be gone; a second lamp is rare.
        used_up = (goods.repeat_days > 0) & (since > 0.7 * goods.repeat_days)
        weight *= np.where(has_bought, np.where(used_up, 9.0, 0.25), 1.0)
        sizes = 1 + np.minimum(rng.poisson(1.25, len(visitors)), 6)
        baskets: list[list[int]] = [[] for _ in visitors]
        here = np.arange(len(visitors))
        for place in range(int(sizes.max())):
            here = here[sizes[here] > place]
            sums = np.cumsum(weight[here], axis=1)
            drawn = rng.random(len(here)) * sums[:, -1]
            chosen = np.minimum((sums < drawn[:, None]).sum(axis=1), len(goods.products) - 1)
            for visitor, product in zip(here.tolist(), chosen.tolist(), strict=True):
                baskets[visitor].append(product)
            weight[here] *= self.affinity[chosen]
        return baskets

    def _place(
        self, day: int, shopper: int, moment: int, products: list[int], sold: IntArray
    ) -> PlacedOrder | None:
        """Fill what can be filled; what cannot is noted as missed."""
        rng, trade = self.rng, self.trade
        is_cancelled = bool(rng.random() < 0.022)
        lines = []
        for product in products:
            if trade.launched[product] > day:
                continue
            line = self._line(day, product)
            if self.supply.available[line.sku] < line.quantity:
                trade.missed.append(
                    Missed(day, line.sku, line.quantity, line.unit_price_minor, line.is_promoted)
                )
                continue
            lines.append(line)
            self.bought_on[shopper, product] = day
            if not is_cancelled:
                self._take(line, sold)
        if not lines:
            return None
        order = PlacedOrder(shopper, moment, lines, is_cancelled)
        self._settle(order)
        trade.orders.append(order)
        return order

    def _line(self, day: int, product: int) -> Line:
        rng, trade = self.rng, self.trade
        goods = trade.goods
        sku = int(goods.first_sku[product]) + bisect(self.variant_steps[product], rng.random())
        kind = goods.products[product].kind.code
        if kind in BY_THE_SET:
            quantity = SET_SIZES[bisect(SET_STEPS, rng.random())]
        else:
            quantity = 1 + int(rng.random() < 0.12)
        factor = float(trade.prices.factor[day, product])
        discount = float(trade.prices.discount[day, product])
        if (day, product) == (trade.planted.typo_day, trade.planted.typo_product):
            factor *= 0.1
        return Line(
            sku,
            product,
            quantity,
            goods.price(sku, factor, discount),
            discount > 0,
        )

    def _take(self, line: Line, sold: IntArray) -> None:
        self.supply.available[line.sku] -= line.quantity
        sold[line.sku] += line.quantity

    def _settle(self, order: PlacedOrder) -> None:
        """Ship or cancel the order, and perhaps take something back later."""
        rng, end = self.rng, self.trade.end
        hours = rng.uniform(0.3, 5) if order.is_cancelled else rng.uniform(5, 32)
        settled_at = order.placed_at + round(hours * 3600)
        if order.is_cancelled:
            order.settled_at = min(settled_at, end - 1)
        elif settled_at < end:
            order.settled_at = settled_at
            for line in order.lines:
                self._perhaps_return(order, line, settled_at)

    def _perhaps_return(self, order: PlacedOrder, line: Line, shipped_at: int) -> None:
        rng, trade = self.rng, self.trade
        category = trade.goods.products[line.product].kind.category
        share = RETURN_SHARE.get(category, 0.022) * np.exp(-0.9 * trade.quality[line.product])
        if (
            line.product == trade.planted.bad_product
            and shipped_at // DAY >= trade.planted.bad_day - 14
        ):
            share += 0.15 * (shipped_at // DAY <= trade.planted.bad_day)
        if line.is_bulk or rng.random() >= share:
            return
        requested_at = shipped_at + round(rng.uniform(3, 14) * DAY)
        received_at = requested_at + round(rng.uniform(3, 8) * DAY)
        is_resellable = bool(rng.random() < 0.85)
        if requested_at >= trade.end:
            return
        has_come = received_at < trade.end
        trade.returns.append(
            Return(order, line, requested_at, received_at if has_come else None, is_resellable)
        )
        if has_come:
            line.returned = line.quantity
            if is_resellable:
                # Sold again from the next morning on.
                self.coming_back.setdefault(received_at // DAY + 1, []).append(
                    (line.sku, line.quantity)
                )

    def _double(self, order: PlacedOrder, sold: IntArray) -> bool:
        """The same order once more within the minute; False where the stock does not allow it."""
        if order.is_cancelled or any(
            self.supply.available[line.sku] < line.quantity for line in order.lines
        ):
            return False
        lines = [
            Line(line.sku, line.product, line.quantity, line.unit_price_minor, line.is_promoted)
            for line in order.lines
        ]
        for line in lines:
            self._take(line, sold)
        again = PlacedOrder(order.shopper, order.placed_at + int(self.rng.integers(25, 60)), lines)
        self._settle(again)
        self.trade.orders.append(again)
        return True

    def _prepare_bulk(self, day: int) -> None:
        """A company asks for a whole pallet; the goods come the day before it is shipped."""
        trade, planted = self.trade, self.trade.planted
        if planted.bulk_sku < 0:
            return
        if day == planted.bulk_day - 8:
            self.supply.rush(planted.bulk_sku, BULK_UNITS, day, arrives=planted.bulk_day)
        if day != planted.bulk_day:
            return
        product = int(trade.goods.product_of[planted.bulk_sku])
        self.supply.available[planted.bulk_sku] -= BULK_UNITS
        shopper = int(np.flatnonzero(trade.shoppers.joined <= day)[0])
        price = round(int(trade.goods.price_minor[planted.bulk_sku]) * 0.85)
        line = Line(planted.bulk_sku, product, BULK_UNITS, price, is_promoted=False, is_bulk=True)
        order = PlacedOrder(shopper, day * DAY + 37_000, [line])
        self._settle(order)
        trade.orders.append(order)

    def _correct(self, day: int) -> None:
        """Breakages, and two stock counts in the year and a half."""
        rng, trade, available = self.rng, self.trade, self.supply.available
        moment = day * DAY + 79_200
        for _ in range(int(rng.poisson(0.12))):
            candidates = np.flatnonzero(trade.goods.is_fragile & (available > 4))
            if len(candidates):
                sku, quantity = int(rng.choice(candidates)), -int(rng.integers(1, 4))
                available[sku] += quantity
                trade.corrections.append(Correction(sku, quantity, moment, is_count=False))
        if day in {int(self.n_days * 0.42), int(self.n_days * 0.86)}:
            for sku in rng.choice(
                trade.goods.n_skus, min(25, trade.goods.n_skus // 3), replace=False
            ):
                quantity = int(rng.choice([-3, -2, -1, 1, 2], p=[0.1, 0.25, 0.4, 0.2, 0.05]))
                if available[sku] + quantity >= 0:
                    available[sku] += quantity
                    trade.corrections.append(Correction(int(sku), quantity, moment, is_count=True))


def _launches(n_products: int, n_days: int, rng: np.random.Generator) -> IntArray:
    """The day on which a product came into the shop; -1 for what was there before."""
    is_new = rng.random(n_products) < 0.12
    days = rng.integers(n_days // 8, n_days - 12, n_products)
    return np.where(is_new, days, -1).astype(np.int64)


def _plant(n_skus: int, n_products: int, n_days: int, rng: np.random.Generator) -> Planted:
    return Planted(
        typo_product=int(rng.integers(0, n_products)),
        typo_day=int(n_days * 0.7),
        bulk_sku=int(rng.integers(0, n_skus)),
        bulk_day=int(n_days * 0.62),
        double_days=frozenset(int(day) for day in rng.integers(n_days // 3, n_days - 3, 6)),
        bad_product=int(rng.integers(0, n_products)),
        bad_day=n_days - min(24, n_days // 3),
    )
