from orders.models.access import OrderAccessCode
from orders.models.carts import Cart, CartLine, Checkout
from orders.models.discounts import Discount, DiscountUse
from orders.models.imports import OrderImport
from orders.models.invoices import Invoice, InvoiceSeries
from orders.models.orders import (
    Order,
    OrderAction,
    OrderLine,
    OrderNote,
    OrderStatusChange,
    ReturnLine,
    ReturnPhoto,
    ReturnRequest,
    ReturnStatusChange,
    Shipment,
    ShipmentLine,
)
from orders.models.payments import Payment, PaymentEvent, Refund
from orders.models.shipping import ShippingMethod, ShippingRate, ShippingZone
from orders.models.taxes import TaxRate, TaxZone
from orders.models.wishes import WishListItem

__all__ = [
    "Cart",
    "CartLine",
    "Checkout",
    "Discount",
    "DiscountUse",
    "Invoice",
    "InvoiceSeries",
    "Order",
    "OrderAccessCode",
    "OrderAction",
    "OrderImport",
    "OrderLine",
    "OrderNote",
    "OrderStatusChange",
    "Payment",
    "PaymentEvent",
    "Refund",
    "ReturnLine",
    "ReturnPhoto",
    "ReturnRequest",
    "ReturnStatusChange",
    "Shipment",
    "ShipmentLine",
    "ShippingMethod",
    "ShippingRate",
    "ShippingZone",
    "TaxRate",
    "TaxZone",
    "WishListItem",
]
