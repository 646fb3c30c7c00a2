from inventory.models.alerts import (
    StockAlert,
)
from inventory.models.batches import (
    StockBatch,
)
from inventory.models.counting import (
    StockCount,
    StockCountLine,
)
from inventory.models.demand import (
    CategoryForecast,
    DemandDay,
    DemandForecast,
    DemandRecord,
    ForecastAccuracy,
    TotalForecast,
)
from inventory.models.events import (
    CalendarEvent,
)
from inventory.models.planning import (
    ReplenishmentSettings,
    StockClass,
)
from inventory.models.prices import (
    MarkdownPlan,
    MarkdownStep,
    PricedSku,
    PriceFloor,
    PricePrediction,
    PriceSuggestion,
)
from inventory.models.purchasing import (
    GoodsReceipt,
    GoodsReceiptLine,
    PriceBreak,
    PurchaseLineScore,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderPolicy,
    Supplier,
    SupplierOffer,
)
from inventory.models.stock import (
    Reservation,
    StockLevel,
    StockMovement,
    Warehouse,
)
from inventory.models.transfers import (
    StockTransfer,
    StockTransferLine,
)

__all__ = [
    "CalendarEvent",
    "CategoryForecast",
    "DemandDay",
    "DemandForecast",
    "DemandRecord",
    "ForecastAccuracy",
    "GoodsReceipt",
    "GoodsReceiptLine",
    "MarkdownPlan",
    "MarkdownStep",
    "PriceBreak",
    "PriceFloor",
    "PricePrediction",
    "PriceSuggestion",
    "PricedSku",
    "PurchaseLineScore",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "ReorderPolicy",
    "ReplenishmentSettings",
    "Reservation",
    "StockAlert",
    "StockBatch",
    "StockClass",
    "StockCount",
    "StockCountLine",
    "StockLevel",
    "StockMovement",
    "StockTransfer",
    "StockTransferLine",
    "Supplier",
    "SupplierOffer",
    "TotalForecast",
    "Warehouse",
]
