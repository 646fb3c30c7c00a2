"""Which SKUs and shelves a report is about."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from catalog.models import Category, Sku
from inventory.models import Warehouse


@dataclass(frozen=True, slots=True)
class Choice:
    """worth: A, B or C. Empty fields choose everything."""

    warehouse: Warehouse | None = None
    category: Category | None = None
    worth: str = ""

    def of(self, rows: "QuerySet[Any]") -> "QuerySet[Any]":
        """Those of rows with a `sku` and a `warehouse` that are meant."""
        wanted = self.skus()
        condition = Q() if self.warehouse is None else Q(warehouse=self.warehouse)
        return rows.filter(condition if wanted is None else condition & Q(sku__in=wanted))

    def skus(self) -> "QuerySet[Sku] | None":
        """None for all of them."""
        if self.category is None and not self.worth:
            return None
        chosen = Sku.objects.all()
        if self.category is not None:
            chosen = chosen.filter(product__category__path__startswith=self.category.path)
        if self.worth:
            chosen = chosen.filter(stock_class__worth=self.worth)
        return chosen.order_by()
