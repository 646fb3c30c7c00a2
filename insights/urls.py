"""Addresses of this app's endpoints."""

from django.urls import path

from insights.api import InteractionsView

app_name = "insights"
urlpatterns = [path("interactions/", InteractionsView.as_view(), name="interaction-list")]
