"""What search engines ask for."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from storefront import seo
from storefront.pages import sitemap as pages

HOUR = 3600
XML = "application/xml"
# Pages of one visitor, and lists in endless combinations.
NOT_FOR_ROBOTS = (
    "/admin/",
    "/api/",
    "/i18n/",
    "/*/account/",
    "/*/cart/",
    "/*/checkout/",
    "/*/compare/",
    "/*/wish-list/",
    "/*/search/",
    "/*/stock-alerts/",
)


@require_safe
@cache_control(public=True, max_age=HOUR)
def robots(_request: HttpRequest) -> HttpResponse:
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in NOT_FOR_ROBOTS),
        "",
        f"Sitemap: {seo.absolute(reverse('sitemap-index'))}",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@require_safe
@cache_control(public=True, max_age=HOUR)
def sitemap_index(request: HttpRequest) -> HttpResponse:
    entries = [
        (
            seo.absolute(reverse("sitemap-section", args=(section.name, number))),
            section.changed_at,
        )
        for section in pages.sections()
        for number in range(1, section.pages + 1)
    ]
    return render(
        request,
        "storefront/sitemap_index.xml",
        {"entries": entries},
        content_type="application/xml",
    )


@require_safe
@cache_control(public=True, max_age=HOUR)
def sitemap(request: HttpRequest, section: str, number: int) -> HttpResponse:
    places = pages.places(section, number)
    if places is None:
        raise Http404
    return render(request, "storefront/sitemap.xml", {"places": places}, content_type=XML)
