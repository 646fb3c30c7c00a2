"""Addresses of this app's endpoints."""

from django.urls import path

from insights.api import report_interactions

app_name = "insights"
urlpatterns = [path("interactions/", report_interactions, name="interaction-list")]
