"""The shop's own pages as the foot of every page links to them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from storefront.models import StaticPage


@dataclass(frozen=True, slots=True)
class FooterLink:
    title: str
    url: str


def footer_links() -> Sequence[FooterLink]:
    """In the reader's language; the foot is kept as it was written, see `storefront.frame`.

    What staff save renews it, see `ecomsite.backoffice.catalogue_changes`.
    """
    pages = [
        FooterLink(title=str(page), url=page.get_absolute_url())
        for page in StaticPage.objects.in_footer()
    ]
    return [*pages, FooterLink(title=_("Contact"), url=reverse("storefront:contact-message-add"))]
