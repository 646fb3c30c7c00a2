"""What browsers show while there is no connection."""

import hashlib
import json

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

FILES = (
    "storefront/css/base.css",
    "storefront/css/components.css",
    "storefront/css/frame.css",
    "storefront/css/browsing.css",
    "storefront/img/mark.svg",
)


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    return render(request, "storefront/offline.html")


@require_safe
@cache_control(no_cache=True)
def service_worker(request: HttpRequest) -> HttpResponse:
    """Served from the root, else it would be in charge of its own folder alone."""
    pages = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            pages[code] = reverse("storefront:offline")
    files = [static(name) for name in FILES]
    version = hashlib.sha256(json.dumps([pages, files]).encode()).hexdigest()[:12]
    context = {"version": version, "pages": json.dumps(pages), "files": json.dumps(files)}
    return render(request, "storefront/service_worker.js", context, content_type="text/javascript")
