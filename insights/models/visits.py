"""How visitors came, how far they went, and how many pages were served at all."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import User
from insights.querysets import VisitQuerySet


class Page(models.TextChoices):
    """Kinds of pages, in the order in which somebody who buys walks them."""

    HOME = "home", _("home page")
    CATEGORY = "category", _("category page")
    SEARCH = "search", _("search results")
    PRODUCT = "product", _("product page")
    CART = "cart", _("cart page")
    CHECKOUT = "checkout", _("checkout page")
    THANKS = "thanks", _("order placed")
    ACCOUNT = "account", _("account page")
    OTHER = "other", _("other page")


class Visit(models.Model):
    """What one browser did with no pause of half an hour or more."""

    class Source(models.TextChoices):
        DIRECT = "direct", _("direct")
        SEARCH = "search", _("search engine")
        SOCIAL = "social", _("social network")
        EMAIL = "email", _("email letter")
        CAMPAIGN = "campaign", _("campaign")
        REFERRAL = "referral", _("other site")

    class Device(models.TextChoices):
        PHONE = "phone", _("phone")
        TABLET = "tablet", _("tablet")
        COMPUTER = "computer", _("computer")
        UNKNOWN = "unknown", _("unknown device")

    class Robot(models.TextChoices):
        """Why a visit is taken for one of a program."""

        RATE = "rate", _("more pages than a person can read")
        CLOCKWORK = "clockwork", _("pages at even intervals")
        BLIND = "blind", _("many pages, and nothing on them seen")

    visitor_key = models.CharField(_("visitor"), max_length=64)
    customer = models.ForeignKey(
        User,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # Bought before this visit; empty where nobody logged in.
    is_returning = models.BooleanField(_("bought before"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), db_index=True)
    ended_at = models.DateTimeField(_("last seen at"))
    entry_page = models.CharField(_("first page"), max_length=12, choices=Page.choices, blank=True)
    source = models.CharField(
        _("came by"), max_length=10, choices=Source.choices, default=Source.DIRECT
    )
    # utm_source, else the host that linked here; utm_campaign.
    referrer = models.CharField(_("came from"), max_length=100, blank=True)
    campaign = models.CharField(_("campaign"), max_length=100, blank=True)
    device = models.CharField(
        _("device"), max_length=10, choices=Device.choices, default=Device.UNKNOWN
    )
    language = models.CharField(_("language"), max_length=10, blank=True)
    # Kinds of pages one after the other, the same in a row once; "home product cart".
    path = models.CharField(_("path"), max_length=200, blank=True)
    n_views = models.PositiveIntegerField(_("pages"), default=0)
    n_events = models.PositiveIntegerField(_("events"), default=0)
    n_seen = models.PositiveIntegerField(_("seen and clicked"), default=0)
    saw_product = models.BooleanField(_("saw a product"), default=False)
    added_to_cart = models.BooleanField(_("put something into the cart"), default=False)
    began_checkout = models.BooleanField(_("began to check out"), default=False)
    n_orders = models.PositiveIntegerField(_("orders"), default=0)
    robot = models.CharField(_("program"), max_length=10, choices=Robot.choices, blank=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering: ClassVar = ["-started_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["visitor_key", "ended_at"], name="insights_visit_open"),
        ]

    def __str__(self) -> str:
        return f"{self.visitor_key[:8]} {self.started_at:%Y-%m-%d %H:%M}"


class TrafficHour(models.Model):
    """What is counted of everybody, with nothing of the visitor: it needs no consent."""

    class Counted(models.TextChoices):
        PAGES = "pages", _("pages served")
        # Of those who allow statistics: each of them should be followed by events.
        FOLLOWED = "followed", _("pages served to visitors who allow statistics")
        EVENTS = "events", _("events reported by pages")
        ROBOTS = "robots", _("pages served to programs")
        REFUSED = "refused", _("events refused because one client sent too many")

    hour = models.DateTimeField(_("hour"))
    counted = models.CharField(_("counted"), max_length=10, choices=Counted.choices)
    page = models.CharField(_("page"), max_length=12, choices=Page.choices, blank=True)
    count = models.PositiveBigIntegerField(_("count"), default=0)

    class Meta:
        verbose_name = _("traffic of an hour")
        verbose_name_plural = _("traffic by hour")
        ordering: ClassVar = ["-hour", "counted", "page"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["hour", "counted", "page"], name="insights_traffic_hour_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}: {self.get_counted_display()} {self.count}"
