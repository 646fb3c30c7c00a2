"""Addresses that machines ask for, the same in every language."""

from django.urls import path

from storefront.views import campaigns, machines

urlpatterns = [
    path("robots.txt", machines.robots, name="robots"),
    path("sitemap.xml", machines.sitemap_index, name="sitemap-index"),
    path("sitemaps/<slug:section>/<int:number>.xml", machines.sitemap, name="sitemap-section"),
    path("campaigns/shown/", campaigns.banner_shown, name="banner-shown"),
    path("campaigns/closed/", campaigns.banner_closed, name="banner-closed"),
    path("campaigns/arrived/", campaigns.campaign_arrived, name="campaign-arrived"),
    path("campaigns/opened/<str:token>.gif", campaigns.campaign_opened, name="campaign-opened"),
]
