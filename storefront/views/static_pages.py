"""The shop's own pages, and writing to the shop."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from storefront.forms.contact import ContactForm
from storefront.limits import is_too_often
from storefront.models import StaticPage
from storefront.prose import render_prose
from storefront.services import contact

RATE = "10/hour"


@require_safe
def static_page_detail(request: HttpRequest, slug: str) -> HttpResponse:
    page = get_object_or_404(StaticPage.objects.published(), slug=slug)
    context = {"page": page, "body": render_prose(page.body or "")}
    return render(request, "storefront/static_page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def contact_message_add(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        form = ContactForm(initial=_known_of(request))
        return render(request, "storefront/contact.html", {"form": form})
    form = ContactForm(request.POST)
    if form.is_valid() and not form.is_from_a_machine:
        if is_too_often(request, form="contact", rate=RATE):
            form.add_error(None, _("That was too often. Please try again in an hour."))
            return render(request, "storefront/contact.html", {"form": form}, status=429)
        contact.record_message(
            **{field: form.cleaned_data[field] for field in _FIELDS},
            language=get_language() or settings.LANGUAGE_CODE,
            user=request.user if isinstance(request.user, AbstractBaseUser) else None,
        )
    if form.is_valid():
        # A machine gets the same answer, and nothing is kept of it.
        messages.success(request, _("Thank you. We will answer by email."))
        return redirect("storefront:contact-message-add")
    return render(request, "storefront/contact.html", {"form": form}, status=422)


_FIELDS = ("name", "email", "subject", "text", "order_number")


def _known_of(request: HttpRequest) -> dict[str, Any]:
    if not request.user.is_authenticated:
        return {}
    return {"name": request.user.get_full_name(), "email": request.user.email or ""}
