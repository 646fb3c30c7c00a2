"""Pages that staff write, and what visitors write to the shop."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from storefront.querysets import ContactMessageQuerySet, StaticPageQuerySet


class StaticPage(models.Model):
    """A text of the shop: delivery, returns, privacy, about, and whatever else it needs."""

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=120)
    body = models.TextField(
        _("text"),
        blank=True,
        max_length=50_000,
        help_text=_(
            "Empty lines part paragraphs. A line that begins with ## is a heading, one that begins"
            " with - a list item; **bold** and [a link](https://example.org/) work too. The texts"
            " that come with the shop are templates: adapt them to what you really offer."
        ),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    is_published = models.BooleanField(_("published"), default=True)
    is_in_footer = models.BooleanField(_("linked at the foot of every page"), default=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = StaticPageQuerySet.as_manager()  # type: ignore[django-manager-missing]  # made by modeltranslation

    class Meta:
        verbose_name = _("shop page")
        verbose_name_plural = _("shop pages")
        ordering: ClassVar = ["position", "pk"]

    def __str__(self) -> str:
        return self.title or self.slug

    def get_absolute_url(self) -> str:
        return reverse("storefront:static-page-detail", args=[self.slug])


class ContactMessage(models.Model):
    """What somebody wrote by the contact form, and what the shop answered."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ANSWERED = "answered", _("answered")

    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("email address"))
    subject = models.CharField(_("subject"), max_length=160)
    text = models.TextField(_("message"), max_length=5000)
    # As it was typed; whether there is such an order, staff look up.
    order_number = models.CharField(_("order number"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=10)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.OPEN, db_index=True
    )
    answer = models.TextField(_("answer"), max_length=5000, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("answered by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("written at"), auto_now_add=True)

    objects = ContactMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact message")
        verbose_name_plural = _("contact messages")
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.subject
