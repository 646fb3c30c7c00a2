"""Addresses of the API, below `/api/v1/`."""

from django.urls import path, re_path, register_converter
from drf_spectacular.views import SpectacularAPIView

from ecomsite.api.converters import CodeConverter, KeyConverter
from ecomsite.api.docs import docs
from ecomsite.api.endpoints import UnknownAddress
from ecomsite.api.v1 import (
    cart,
    catalogue,
    models,
    own_orders,
    prices,
    purchasing,
    recommendations,
    reviews,
    staff_orders,
    stock,
    warehouses,
)

register_converter(CodeConverter, "code")
register_converter(KeyConverter, "key")

app_name = "api"
urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", docs, name="docs"),
    path("categories/", catalogue.CategoryList.as_view(), name="category-list"),
    path("products/", catalogue.ProductList.as_view(), name="product-list"),
    path("products/<code:code>/", catalogue.ProductDetail.as_view(), name="product-detail"),
    path(
        "products/<code:code>/availability/",
        catalogue.ProductAvailability.as_view(),
        name="product-availability",
    ),
    path("products/<code:code>/reviews/", reviews.ReviewList.as_view(), name="review-list"),
    path("reviews/<key:key>/photos/", reviews.ReviewPhotoList.as_view(), name="review-photo-list"),
    path("reviews/<key:key>/vote/", reviews.ReviewVoting.as_view(), name="review-vote"),
    path("cart/", cart.CartDetail.as_view(), name="cart-detail"),
    path("cart/lines/", cart.CartLineList.as_view(), name="cart-line-list"),
    path("cart/lines/<key:key>/", cart.CartLineDetail.as_view(), name="cart-line-detail"),
    path("cart/codes/", cart.CartCodes.as_view(), name="cart-codes"),
    path("cart/quote/", cart.CartQuote.as_view(), name="cart-quote"),
    path("orders/", own_orders.OwnOrderList.as_view(), name="order-list"),
    path("orders/<code:number>/", own_orders.OwnOrderDetail.as_view(), name="order-detail"),
    path(
        "orders/<code:number>/cancel/",
        own_orders.OwnOrderCancellation.as_view(),
        name="order-cancel",
    ),
    path("orders/<code:number>/returns/", own_orders.OwnReturnList.as_view(), name="return-list"),
    path(
        "recommendations/",
        recommendations.RecommendationList.as_view(),
        name="recommendation-list",
    ),
    path("suggestions/", catalogue.SuggestionList.as_view(), name="suggestion-list"),
    path("staff/stock-levels/", stock.StockLevelList.as_view(), name="stock-level-list"),
    path("staff/stock-movements/", stock.StockMovementList.as_view(), name="stock-movement-list"),
    path("staff/stock-batches/", warehouses.StockBatchList.as_view(), name="stock-batch-list"),
    path(
        "staff/stock-transfers/",
        warehouses.StockTransferList.as_view(),
        name="stock-transfer-list",
    ),
    path(
        "staff/stock-transfers/<code:number>/",
        warehouses.StockTransferDetail.as_view(),
        name="stock-transfer-detail",
    ),
    path(
        "staff/stock-transfers/<code:number>/send/",
        warehouses.StockTransferSending.as_view(),
        name="stock-transfer-send",
    ),
    path(
        "staff/stock-transfers/<code:number>/receive/",
        warehouses.StockTransferReceipt.as_view(),
        name="stock-transfer-receive",
    ),
    path("staff/stock-counts/", warehouses.StockCountList.as_view(), name="stock-count-list"),
    path(
        "staff/stock-counts/<code:number>/",
        warehouses.StockCountDetail.as_view(),
        name="stock-count-detail",
    ),
    path(
        "staff/stock-counts/<code:number>/lines/",
        warehouses.StockCountLineList.as_view(),
        name="stock-count-line-list",
    ),
    path(
        "staff/purchase-orders/",
        purchasing.PurchaseOrderList.as_view(),
        name="purchase-order-list",
    ),
    path(
        "staff/purchase-orders/<code:number>/",
        purchasing.PurchaseOrderDetail.as_view(),
        name="purchase-order-detail",
    ),
    path(
        "staff/purchase-orders/<code:number>/approve/",
        purchasing.PurchaseOrderApproval.as_view(),
        name="purchase-order-approve",
    ),
    path(
        "staff/purchase-orders/<code:number>/send/",
        purchasing.PurchaseOrderSending.as_view(),
        name="purchase-order-send",
    ),
    path(
        "staff/purchase-orders/<code:number>/acknowledge/",
        purchasing.PurchaseOrderAcknowledgement.as_view(),
        name="purchase-order-acknowledge",
    ),
    path(
        "staff/purchase-orders/<code:number>/cancel/",
        purchasing.PurchaseOrderCancellation.as_view(),
        name="purchase-order-cancel",
    ),
    path(
        "staff/purchase-orders/<code:number>/close/",
        purchasing.PurchaseOrderClosing.as_view(),
        name="purchase-order-close",
    ),
    path(
        "staff/purchase-orders/<code:number>/receipts/",
        purchasing.GoodsReceiptList.as_view(),
        name="goods-receipt-list",
    ),
    path("staff/forecasts/", purchasing.DemandForecastList.as_view(), name="forecast-list"),
    path(
        "staff/price-suggestions/",
        prices.PriceSuggestionList.as_view(),
        name="price-suggestion-list",
    ),
    path(
        "staff/price-suggestions/<key:key>/decide/",
        prices.PriceSuggestionDecision.as_view(),
        name="price-suggestion-decide",
    ),
    path("staff/price-advice/<code:code>/", prices.PriceAdvice.as_view(), name="price-advice"),
    path(
        "staff/price-predictions/",
        prices.PricePredictionList.as_view(),
        name="price-prediction-list",
    ),
    path(
        "staff/price-predictions/<key:key>/decide/",
        prices.PricePredictionDecision.as_view(),
        name="price-prediction-decide",
    ),
    path("staff/markdown-plans/", prices.MarkdownPlanList.as_view(), name="markdown-plan-list"),
    path(
        "staff/markdown-plans/<key:key>/decide/",
        prices.MarkdownPlanDecision.as_view(),
        name="markdown-plan-decide",
    ),
    path("staff/priced-skus/", prices.PricedSkuList.as_view(), name="priced-sku-list"),
    path("staff/orders/", staff_orders.StaffOrderList.as_view(), name="staff-order-list"),
    path(
        "staff/orders/<code:number>/",
        staff_orders.StaffOrderDetail.as_view(),
        name="staff-order-detail",
    ),
    path(
        "staff/orders/<code:number>/shipments/",
        staff_orders.StaffShipmentList.as_view(),
        name="staff-shipment-list",
    ),
    path(
        "staff/orders/<code:number>/refunds/",
        staff_orders.StaffRefundList.as_view(),
        name="staff-refund-list",
    ),
    path("staff/model-versions/", models.ModelVersionList.as_view(), name="model-version-list"),
    path(
        "staff/model-versions/<key:key>/publish/",
        models.ModelPublication.as_view(),
        name="model-version-publish",
    ),
    path("staff/training-runs/", models.TrainingRunList.as_view(), name="training-run-list"),
    path("staff/decisions/", models.DecisionList.as_view(), name="decision-list"),
    re_path(r"^", UnknownAddress.as_view()),
]
