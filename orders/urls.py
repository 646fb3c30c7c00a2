"""Addresses that payment providers call."""

from django.urls import path

from orders import api

app_name = "orders"
urlpatterns = [
    path("<slug:provider>/webhook/", api.payment_event_add, name="payment-event-add"),
]
