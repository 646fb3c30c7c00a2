"""Pages that customers see."""

from django.urls import path

from storefront.account_pages import urlpatterns as account_pages
from storefront.views import (
    alerts,
    browsing,
    campaigns,
    cart,
    checkout,
    compare,
    home,
    offline,
    payment,
    privacy,
    product,
    reviews,
    static_pages,
    wishes,
)

app_name = "storefront"
urlpatterns = [
    path("", home.home, name="home"),
    path("categories/<slug:slug>/", browsing.category_detail, name="category-detail"),
    path("search/", browsing.search, name="search"),
    path("search/suggestions/", browsing.suggestion_list, name="suggestion-list"),
    path("products/<slug:slug>/", product.product_detail, name="product-detail"),
    path("products/<slug:slug>/reviews/", reviews.review_list, name="review-list"),
    path("products/<slug:slug>/reviews/own/", reviews.review_write, name="review-write"),
    path("review-votes/", reviews.review_vote, name="review-vote"),
    path("compare/", compare.compare_detail, name="compare-detail"),
    path("compare/add/", compare.compare_add, name="compare-add"),
    path("compare/remove/", compare.compare_remove, name="compare-remove"),
    path("cart/", cart.cart_detail, name="cart-detail"),
    path("cart/lines/add/", cart.cart_line_add, name="cart-line-add"),
    path("cart/lines/change/", cart.cart_line_change, name="cart-line-change"),
    path("cart/lines/remove/", cart.cart_line_remove, name="cart-line-remove"),
    path("cart/codes/add/", cart.cart_code_add, name="cart-code-add"),
    path("cart/codes/remove/", cart.cart_code_remove, name="cart-code-remove"),
    path("cart/complements/", cart.cart_complement_list, name="cart-complement-list"),
    path("checkout/", checkout.checkout_start, name="checkout-start"),
    path("checkout/address/", checkout.checkout_address, name="checkout-address"),
    path("checkout/delivery/", checkout.checkout_delivery, name="checkout-delivery"),
    path("checkout/payment/", checkout.checkout_payment, name="checkout-payment"),
    path("wish-list/", wishes.wish_list, name="wish-list"),
    path("wish-list/add/", wishes.wish_add, name="wish-add"),
    path("wish-list/remove/", wishes.wish_remove, name="wish-remove"),
    path("stock-alerts/", alerts.stock_alert_add, name="stock-alert-add"),
    path("stock-alerts/<name:token>/", alerts.stock_alert_cancel, name="stock-alert-cancel"),
    path("offers/leave/<str:token>/", campaigns.offers_leave, name="offers-leave"),
    path("pages/<slug:slug>/", static_pages.static_page_detail, name="static-page-detail"),
    path("privacy/", privacy.privacy_choice, name="privacy-choice"),
    path("contact/", static_pages.contact_message_add, name="contact-message-add"),
    path("orders/<name:number>/payment/", payment.payment_detail, name="payment-detail"),
    path("orders/<name:number>/payment/start/", payment.payment_start, name="payment-start"),
    path("orders/<name:number>/payment/test/", payment.payment_test, name="payment-test"),
    path("orders/<name:number>/payment/check/", payment.payment_check, name="payment-check"),
    path("orders/<name:number>/thanks/", payment.order_thanks, name="order-thanks"),
    path("offline/", offline.offline, name="offline"),
    # After what most visitors ask for: an address is compared with one pattern after the other.
    *account_pages,
]
