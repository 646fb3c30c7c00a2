"""Logging in, passwords, addresses of email, second factors: allauth's pages under our own."""

from django.urls import include, path

from storefront.views import credentials

urlpatterns = [
    # Before allauth's own, which writes while it is only looked at.
    path("email/", credentials.email_change, name="account_email"),
    path("logout/", credentials.logout, name="account_logout"),
    path("", include("allauth.account.urls")),
    path("second-factor/", include("allauth.mfa.urls")),
]
