"""Named reads of the shop's own pages and of messages to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet

if TYPE_CHECKING:
    from storefront.models import ContactMessage, StaticPage


class StaticPageQuerySet(QuerySet["StaticPage"]):
    def published(self) -> Self:
        return self.filter(is_published=True)

    def in_footer(self) -> Self:
        return self.published().filter(is_in_footer=True)


class ContactMessageQuerySet(QuerySet["ContactMessage"]):
    def open(self) -> Self:
        return self.filter(state=self.model.State.OPEN)
