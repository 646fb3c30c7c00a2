from orders.admin import imports, orders

__all__ = ["imports", "orders"]
