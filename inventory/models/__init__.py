from inventory.models.demand import DemandDay, DemandForecast, DemandRecord, TotalForecast
from inventory.models.purchasing import (
    GoodsReceipt,
    GoodsReceiptLine,
    PriceBreak,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderPolicy,
    Supplier,
    SupplierOffer,
)
from inventory.models.stock import Reservation, StockLevel, StockMovement, Warehouse

__all__ = [
    "DemandDay",
    "DemandForecast",
    "DemandRecord",
    "GoodsReceipt",
    "GoodsReceiptLine",
    "PriceBreak",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "ReorderPolicy",
    "Reservation",
    "StockLevel",
    "StockMovement",
    "Supplier",
    "SupplierOffer",
    "TotalForecast",
    "Warehouse",
]
