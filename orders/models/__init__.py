from orders.models.imports import OrderImport
from orders.models.orders import (
    Order,
    OrderLine,
    OrderStatusChange,
    ReturnLine,
    ReturnRequest,
    Shipment,
    ShipmentLine,
)

__all__ = [
    "Order",
    "OrderImport",
    "OrderLine",
    "OrderStatusChange",
    "ReturnLine",
    "ReturnRequest",
    "Shipment",
    "ShipmentLine",
]
