from inventory.admin import demand, purchase_orders, stock, suppliers

__all__ = ["demand", "purchase_orders", "stock", "suppliers"]
