"""The front door."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from storefront.banners import banner_html
from storefront.pages import home as pages
from storefront.remembered import VIEWED
from storefront.visitor import visitor_of


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    visitor = visitor_of(request)
    looked_at = VIEWED.read(request) if visitor.may_personalise else ()
    page = pages.home_page(visitor=visitor, looked_at=looked_at)
    shown = {"home": page, "banner": banner_html(request, "home")}
    return render(request, "storefront/home.html", shown)
