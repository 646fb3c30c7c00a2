"""The demo shop's warehouse: what lies there, what is ordered, what arrives late."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from ecomsite.demo.seasons import days_to_spring_festival
from ecomsite.demo.specification import Supplier

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
REVIEW_DAYS = 7
COVER_DAYS = 40
MEMORY_DAYS = 35


@dataclass
class PurchaseLine:
    sku: int
    quantity: int
    unit_cost_minor: int
    damaged: int = 0


@dataclass
class Purchase:
    """Days count from the first one of the history; arrives is the day the goods come."""

    supplier: int
    ordered_on: int
    expected_on: int
    arrives: int
    lines: list[PurchaseLine] = field(default_factory=list)


def unit_cost(cost_minor: int, quantity: int, breaks: tuple[tuple[int, float], ...]) -> int:
    """breaks: (from quantity, share of the cost), smallest first."""
    share = 1.0
    for from_quantity, reduced in breaks:
        if quantity >= from_quantity:
            share = reduced
    return round(cost_minor * share)


def price_breaks(supplier: Supplier) -> tuple[tuple[int, float], ...]:
    return (
        (supplier.minimum_order_quantity * 3, 0.95),
        (supplier.minimum_order_quantity * 8, 0.9),
    )


class Supply:
    """Stock that can be sold, per SKU, and weekly orders to the suppliers.

    The buyer of the past looked at a plain average of what was sold, so that seasons and late
    deliveries leave real gaps for the forecast to close.
    """

    def __init__(
        self,
        *,
        start: date,
        suppliers: tuple[Supplier, ...],
        supplier_of: IntArray,
        cost_minor: IntArray,
        expected_daily: FloatArray,
        rng: np.random.Generator,
    ) -> None:
        self.start = start
        self.suppliers = suppliers
        self.supplier_of = supplier_of
        self.cost_minor = cost_minor
        self.rng = rng
        self.available = np.ceil(expected_daily * rng.uniform(25, 60, len(cost_minor)) + 6).astype(
            np.int64
        )
        self.opening = self.available.copy()
        self.on_order = np.zeros(len(cost_minor), dtype=np.int64)
        self.mean = expected_daily.copy()
        self.purchases: list[Purchase] = []
        self.due: dict[int, list[Purchase]] = {}

    def receive(self, day: int) -> list[Purchase]:
        """Take in what arrives today."""
        arrived = self.due.pop(day, [])
        for purchase in arrived:
            for line in purchase.lines:
                if self.rng.random() < 0.02:
                    line.damaged = int(self.rng.integers(1, 1 + max(1, line.quantity // 12)))
                self.available[line.sku] += line.quantity - line.damaged
                self.on_order[line.sku] -= line.quantity
        return arrived

    def remember(self, sold: IntArray) -> None:
        """Move the running average of daily sales on by one day."""
        self.mean += (sold - self.mean) / MEMORY_DAYS

    def review(self, day: int, for_sale: NDArray[np.bool_]) -> None:
        """Order from the suppliers whose weekday it is."""
        today = self.start + timedelta(days=day)
        for number, supplier in enumerate(self.suppliers):
            if today.weekday() != number % 5:
                continue
            cover = supplier.lead_time_days + REVIEW_DAYS
            members = np.flatnonzero((self.supplier_of == number) & for_sale)
            position = self.available[members] + self.on_order[members]
            expected = self.mean[members] * cover
            care = self._care(day)
            safety = (1.0 + 1.6 * care) * np.sqrt(expected + 0.3 + care) + 2 * care
            short = position < expected * (1 + 0.2 * care) + safety
            if short.any():
                wanted = np.maximum(
                    self.mean[members] * (COVER_DAYS + supplier.lead_time_days) - position, 1
                )
                self._order(number, supplier, day, members[short], wanted[short])

    def _care(self, day: int) -> float:
        """From 0 to 1: after a lean year the buyer learned to keep more in hand."""
        return min(1.0, max(0.0, (day - 240) / 200))

    def rush(self, sku: int, quantity: int, day: int, *, arrives: int) -> None:
        """A special delivery for one large order."""
        number = int(self.supplier_of[sku])
        cost = unit_cost(int(self.cost_minor[sku]), quantity, price_breaks(self.suppliers[number]))
        self._place(Purchase(number, day, arrives, arrives, [PurchaseLine(sku, quantity, cost)]))

    def _order(
        self, number: int, supplier: Supplier, day: int, skus: IntArray, wanted: FloatArray
    ) -> None:
        packs = np.ceil(wanted / supplier.pack_size).astype(np.int64)
        quantities = np.maximum(packs * supplier.pack_size, supplier.minimum_order_quantity)
        breaks = price_breaks(supplier)
        lines = [
            PurchaseLine(sku, quantity, unit_cost(int(self.cost_minor[sku]), quantity, breaks))
            for sku, quantity in zip(skus.tolist(), quantities.tolist(), strict=True)
        ]
        expected = day + round(supplier.lead_time_days)
        delay = max(-2.0, self.rng.normal(0, supplier.lead_time_sd_days))
        if self.rng.random() < 0.05:
            delay += self.rng.uniform(6, 14)
        arrives = expected + round(delay)
        ahead = days_to_spring_festival(self.start + timedelta(days=arrives))
        if -9 <= ahead <= 2:
            # Factories and lorries stand still around the Spring Festival.
            arrives += 11 + ahead
        self._place(Purchase(number, day, expected, max(day + 1, arrives), lines))

    def _place(self, purchase: Purchase) -> None:
        self.purchases.append(purchase)
        self.due.setdefault(purchase.arrives, []).append(purchase)
        for line in purchase.lines:
            self.on_order[line.sku] += line.quantity
