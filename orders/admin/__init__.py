from orders.admin import discounts, imports, orders, payments, returns, zones

__all__ = ["discounts", "imports", "orders", "payments", "returns", "zones"]
