"""Days that staff know will be unlike others: promotions, shopping days, closures."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from catalog.models import Category, Sku
from inventory.querysets import CalendarEventQuerySet


class CalendarEvent(models.Model):
    """Something that moves demand from its first to its last day, both included.

    Without categories and SKUs it concerns the whole shop. Without a typed factor the shop
    learns one from past events of the kind; a closed shop sells nothing.
    """

    class Kind(models.TextChoices):
        PROMOTION = "promotion", _("promotion")
        SHOPPING_DAY = "shopping_day", _("shopping day")
        HOLIDAY = "holiday", _("holiday")
        CLOSURE = "closure", _("closure")

    kind = models.CharField(_("kind"), max_length=15, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=120)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    factor = models.FloatField(
        _("factor on demand"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0), MaxValueValidator(20.0)],
        help_text=_("1.5 means half as much again; empty: learned from past events."),
    )
    categories = models.ManyToManyField(
        Category, verbose_name=_("categories"), blank=True, related_name="+"
    )
    skus = models.ManyToManyField(Sku, verbose_name=_("SKUs"), blank=True, related_name="+")
    # Entered by the shop itself from the calendars it knows; staff may switch it off.
    is_suggested = models.BooleanField(_("entered by the shop"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = CalendarEventQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("calendar event")
        verbose_name_plural = _("calendar events")
        ordering: ClassVar = ["starts_on", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["ends_on", "starts_on"], name="inventory_event_days")
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="inventory_events_end_after_start"
            ),
            models.CheckConstraint(
                condition=Q(factor__isnull=True) | Q(factor__gte=0.0),
                name="inventory_event_factor_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.name
