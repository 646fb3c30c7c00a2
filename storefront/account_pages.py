"""Addresses of the account's pages and of orders."""

from django.urls import path, register_converter

from storefront.converters import NameConverter
from storefront.views import account, invoices, order_access, orders, personal_data

register_converter(NameConverter, "name")

urlpatterns = [
    path("account/", account.account_detail, name="account-detail"),
    path("account/orders/", account.order_list, name="order-list"),
    path("account/reviews/", account.review_list, name="own-review-list"),
    path("account/addresses/", account.address_list, name="address-list"),
    path("account/addresses/add/", account.address_add, name="address-add"),
    path("account/addresses/<int:pk>/", account.address_change, name="address-change"),
    path("account/addresses/<int:pk>/delete/", account.address_delete, name="address-delete"),
    path(
        "account/addresses/<int:pk>/default/",
        account.address_make_default,
        name="address-make-default",
    ),
    path("account/consents/", account.consent_change, name="consent-change"),
    path("account/data/", personal_data.data_requests, name="data-requests"),
    path("account/data/copy/", personal_data.data_export, name="data-export"),
    path("account/data/erase/", personal_data.data_erase, name="data-erase"),
    path("account/data/<int:pk>/", personal_data.data_download, name="data-download"),
    path("account/data/<int:pk>/withdraw/", personal_data.data_withdraw, name="data-withdraw"),
    path("account/profile/", account.profile_change, name="profile-change"),
    path("orders/", order_access.order_access, name="order-access"),
    path("orders/code/", order_access.order_access_code, name="order-access-code"),
    path("orders/<name:number>/", orders.order_detail, name="order-detail"),
    path("orders/<name:number>/cancel/", orders.order_cancel, name="order-cancel"),
    path("orders/<name:number>/return/", orders.order_return, name="order-return"),
    path(
        "orders/<name:number>/documents/<name:invoice>/",
        invoices.invoice_detail,
        name="invoice-detail",
    ),
]
