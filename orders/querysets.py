"""Named reads of orders and imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet

if TYPE_CHECKING:
    from customers.models import User
    from orders.models import Order, OrderImport


class OrderQuerySet(QuerySet["Order"]):
    def for_customer(self, customer: User) -> Self:
        return self.filter(customer=customer)

    def open(self) -> Self:
        """Placed and not yet wholly shipped, completed or cancelled."""
        return self.filter(
            status__in=[
                self.model.Status.PLACED,
                self.model.Status.PAID,
                self.model.Status.PART_SHIPPED,
            ]
        )

    def to_ship(self) -> Self:
        return self.filter(status__in=[self.model.Status.PAID, self.model.Status.PART_SHIPPED])


class OrderImportQuerySet(QuerySet["OrderImport"]):
    def unfinished(self) -> Self:
        return self.filter(status__in=[self.model.Status.WAITING, self.model.Status.RUNNING])
