"""People: customers and staff, their addresses and what they consented to."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.querysets import DataRequestQuerySet, UserManager


class User(AbstractUser):
    """A customer or a member of staff.

    Customers who came with an imported history have an external reference, no email and no
    usable password.
    """

    email = models.EmailField(  # type: ignore[assignment]  # imported customers have none
        _("email address"), unique=True, null=True, blank=True
    )
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default=settings.LANGUAGE_CODE
    )
    country = models.CharField(_("country or region"), max_length=60, blank=True)
    external_reference = models.CharField(
        _("number in the imported history"), max_length=64, unique=True, null=True, blank=True
    )

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering: ClassVar = ["-date_joined", "-pk"]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def get_full_name(self) -> str:
        """Chinese names have the family name first and nothing between."""
        if _is_chinese(self.last_name) and _is_chinese(self.first_name):
            return f"{self.last_name}{self.first_name}"
        return super().get_full_name()


class Address(models.Model):
    user = models.ForeignKey(
        User, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="addresses"
    )
    recipient = models.CharField(_("recipient"), max_length=120)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    line = models.CharField(_("street and number"), max_length=255)
    city = models.CharField(_("city"), max_length=120)
    region = models.CharField(_("province or state"), max_length=120, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    country = models.CharField(_("country or region"), max_length=60)
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(is_default=True),
                name="customers_one_default_address",
            )
        ]

    def __str__(self) -> str:
        return f"{self.recipient}, {self.city}"


class Consent(models.Model):
    """What a customer allowed or withdrew; the newest row of a purpose counts."""

    class Purpose(models.TextChoices):
        PERSONALISATION = "personalisation", _("personal recommendations")
        ANALYTICS = "analytics", _("statistics of visits")
        MARKETING = "marketing", _("offers by email")

    user = models.ForeignKey(
        User, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="consents"
    )
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices)
    is_granted = models.BooleanField(_("granted"))
    given_at = models.DateTimeField(_("given at"), auto_now_add=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering: ClassVar = ["-given_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.is_granted}"


class DataRequest(models.Model):
    """A customer asks for a copy of all that the shop knows of them, or to be forgotten.

    The row's state is the queue. After an erasure nothing of the person stands in it any more.
    """

    class Kind(models.TextChoices):
        EXPORT = "export", _("copy of my data")
        ERASURE = "erasure", _("erasure of my data")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        WITHDRAWN = "withdrawn", _("withdrawn")

    user = models.ForeignKey(
        User,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="data_requests",
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING, db_index=True
    )
    # Why it still waits or did not succeed, in words.
    problem = models.CharField(_("what it waits for"), max_length=255, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    # Rows that were given out or removed, by app.
    counts = models.JSONField(_("rows"), default=dict, blank=True)
    archive = models.BinaryField(null=True, blank=True, editable=False)
    size_bytes = models.PositiveBigIntegerField(_("size, bytes"), null=True, blank=True)
    requested_at = models.DateTimeField(_("requested at"), auto_now_add=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("kept until"), null=True, blank=True)

    objects = DataRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request about personal data")
        verbose_name_plural = _("requests about personal data")
        ordering: ClassVar = ["-requested_at", "-pk"]
        permissions: ClassVar = [("retry_datarequest", _("Can try requests about data again"))]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=models.Q(state="waiting"),
                name="customers_one_waiting_request_of_a_kind",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"


def _is_chinese(name: str) -> bool:
    return bool(name) and all("\u4e00" <= character <= "\u9fff" for character in name)
