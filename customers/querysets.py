"""Named reads of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db.models import QuerySet

if TYPE_CHECKING:
    from customers.models import DataRequest, User


class UserQuerySet(QuerySet["User"]):
    def customers(self) -> Self:
        return self.filter(is_staff=False)

    def staff(self) -> Self:
        return self.filter(is_staff=True, is_active=True)


class DataRequestQuerySet(QuerySet["DataRequest"]):
    def waiting(self) -> Self:
        """Nobody has carried them out yet, oldest first."""
        return self.filter(state="waiting").order_by("requested_at", "pk")

    def without_archive(self) -> Self:
        """For lists: an archive may be megabytes."""
        return self.defer("archive")


class UserManager(DjangoUserManager["User"]):
    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def customers(self) -> UserQuerySet:
        return self.get_queryset().customers()

    def staff(self) -> UserQuerySet:
        return self.get_queryset().staff()
