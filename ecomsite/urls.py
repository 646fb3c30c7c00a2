"""Where everything is."""

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path, re_path
from django.views.static import serve

from storefront.views.offline import service_worker

# Photos have names that are never used twice, so a browser may keep them.
MEDIA_PATTERN = rf"^{settings.MEDIA_URL.lstrip('/')}(?P<path>(?:photos|heat_maps)/.+)$"


def favicon(_request: HttpRequest) -> HttpResponse:
    """Browsers ask for this address where a page names no icon, such as an uploaded photo."""
    return redirect(static("storefront/img/mark.svg"))


urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/v1/", include("ecomsite.api.urls")),
    path("api/catalog/", include("catalog.urls")),
    path("favicon.ico", favicon),
    path("", include("storefront.root_urls")),
    path("sw.js", service_worker, name="service-worker"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/", include("insights.urls")),
    path("payments/", include("orders.urls")),
    re_path(MEDIA_PATTERN, serve, {"document_root": settings.MEDIA_ROOT}),
    *i18n_patterns(
        path("", include("storefront.urls")),
        path("account/", include("storefront.account_urls")),
    ),
]
