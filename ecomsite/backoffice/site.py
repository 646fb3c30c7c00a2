"""The admin site of the shop."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.i18n import JavaScriptCatalog
from unfold.sites import UnfoldAdminSite


class BackofficeSite(UnfoldAdminSite):
    """Staff's side of the shop."""

    index_title = _("Today")
    index_template = "backoffice/dashboard.html"
    login_template = "backoffice/login.html"

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # The site is made while the apps are still being loaded.
        from ecomsite.backoffice.dashboard.page import read_dashboard  # noqa: PLC0415

        context = {"dashboard": read_dashboard(request), **(extra_context or {})}
        response: HttpResponse = super().index(request, context)
        return response

    def i18n_javascript(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        """Django's scripts, with the sentences that its own Chinese catalogue lacks."""
        packages = ["django.contrib.admin", "ecomsite.backoffice"]
        return JavaScriptCatalog.as_view(packages=packages)(request)

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """The sidebar is ours, so only the page of one app needs Django's list."""
        return super().get_app_list(request, app_label) if app_label else []
