"""Campaigns: what is shown or written to whom, when, for how much, and what came of it."""

from datetime import time
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import User
from insights.models import Segment
from orders.models import Discount
from outbox.models import Email
from recommendations.querysets import CampaignQuerySet, CampaignRecipientQuerySet


class Campaign(models.Model):  # type: ignore[django-manager-missing]  # made by modeltranslation
    """One message to one audience: by letter, or as a banner on the shop's pages."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("by email")
        BANNER = "banner", _("banner on pages")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        APPROVED = "approved", pgettext_lazy("campaign", "approved")
        RUNNING = "running", _("running")
        PAUSED = "paused", pgettext_lazy("campaign", "paused")
        FINISHED = "finished", _("finished")
        STOPPED = "stopped", _("stopped")

    class End(models.TextChoices):
        TIME = "time", _("its time was over")
        SENT = "sent", _("every letter was written")
        BUDGET = "budget", _("its budget was used up")
        AUDIENCE = "audience", _("its audience had become too small")
        PERSON = "person", _("somebody stopped it")

    name = models.CharField(_("name"), max_length=120, help_text=_("Only staff see it."))
    # In links, where it says which campaign somebody came by.
    code = models.SlugField(_("code in links"), max_length=60, unique=True)
    channel = models.CharField(
        _("channel"), max_length=6, choices=Channel.choices, default=Channel.EMAIL
    )
    # A segment that a campaign was for stays, or the campaign would be for everybody.
    segment = models.ForeignKey(
        Segment,
        verbose_name=_("segment"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Empty: all visitors; letters go to all who agreed to get offers by email."),
    )
    on_home = models.BooleanField(_("on the front page"), default=True)
    on_category = models.BooleanField(_("on pages of categories"), default=False)
    on_product = models.BooleanField(_("on pages of products"), default=False)
    on_cart = models.BooleanField(_("in the cart"), default=False)
    starts_at = models.DateTimeField(
        _("from"), null=True, blank=True, help_text=_("Empty: as soon as it is approved.")
    )
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    most_impressions = models.PositiveIntegerField(_("shown at most, times"), null=True, blank=True)
    most_letters = models.PositiveIntegerField(_("letters at most"), null=True, blank=True)
    discount = models.ForeignKey(
        Discount,
        verbose_name=_("discount"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Letters name its code; what it costs counts against the budget."),
    )
    most_discount_minor = models.PositiveBigIntegerField(
        _("discounts given at most, minor units"), null=True, blank=True
    )
    most_per_day = models.PositiveSmallIntegerField(
        _("times a day that one visitor sees it"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(50)],
    )
    holdout_percent = models.PositiveSmallIntegerField(
        _("held out, per cent"),
        default=10,
        validators=[MaxValueValidator(50)],
        help_text=_("So many of the audience get nothing: against them the campaign is measured."),
    )
    exploration_percent = models.PositiveSmallIntegerField(
        _("spread evenly, per cent"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text=_("The rest goes to the creatives that are clicked most."),
    )
    measured_days = models.PositiveSmallIntegerField(
        _("orders counted for, days"),
        default=14,
        validators=[MinValueValidator(1), MaxValueValidator(90)],
    )
    counts_opens = models.BooleanField(
        _("count opened letters"),
        default=False,
        help_text=_(
            "By a picture from this shop, only for customers who allow statistics, and as a sum:"
            " who opened a letter is not kept."
        ),
    )
    has_picks = models.BooleanField(
        _("with products chosen for each customer"),
        default=True,
        help_text=_("Only for customers who allow personal recommendations."),
    )
    status = models.CharField(
        _("state"), max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False
    )
    first_approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("first approved by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    first_approved_at = models.DateTimeField(
        _("first approved at"), null=True, blank=True, editable=False
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("approved by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True, editable=False)
    # Empty: the audience is still to be drawn, by a job and its sweep.
    drawn_at = models.DateTimeField(_("audience drawn at"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True, editable=False)
    end_reason = models.CharField(
        _("ended because"), max_length=10, choices=End.choices, blank=True, editable=False
    )
    letters_written = models.PositiveIntegerField(_("letters written"), default=0, editable=False)
    is_demo = models.BooleanField(_("made up for the demo"), default=False, editable=False)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("offer", "campaign")
        verbose_name_plural = pgettext_lazy("offer", "campaigns")
        ordering: ClassVar = ["-created_at", "-pk"]
        permissions: ClassVar = [
            ("approve_campaign", _("Can approve campaigns")),
            ("stop_campaign", _("Can stop campaigns")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True)
                | Q(starts_at__isnull=True)
                | Q(ends_at__gt=F("starts_at")),
                name="recommendations_campaign_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(most_letters__isnull=True) | Q(letters_written__lte=F("most_letters")),
                name="recommendations_campaign_within_its_letters",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "running", "paused"])
                | Q(approved_at__isnull=False),
                name="recommendations_campaign_runs_approved",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Creative(models.Model):  # type: ignore[django-manager-missing]  # made by modeltranslation
    """One way to say it: words in both languages, a picture, and where it leads.

    Counts are of everybody and name nobody. Letters count as shown when they are written.
    """

    campaign = models.ForeignKey(
        Campaign,
        verbose_name=pgettext_lazy("offer", "campaign"),
        on_delete=models.CASCADE,
        related_name="creatives",
    )
    title = models.CharField(
        _("headline"), max_length=80, blank=True, help_text=_("Of letters, the subject line.")
    )
    text = models.CharField(_("text"), max_length=600, blank=True)
    button = models.CharField(_("words on the button"), max_length=30, blank=True)
    link = models.CharField(
        _("leads to"),
        max_length=250,
        default="/",
        help_text=_("A page of this shop, such as /products/blue-cup/; the language is added."),
    )
    picture = models.ImageField(
        _("picture"),
        upload_to="photos/campaigns/%Y/%m",
        width_field="picture_width",
        height_field="picture_height",
        blank=True,
    )
    picture_width = models.PositiveIntegerField(null=True, blank=True, editable=False)
    picture_height = models.PositiveIntegerField(null=True, blank=True, editable=False)
    is_active = models.BooleanField(_("in use"), default=True)
    # The probability with which it is chosen until shares are reckoned the next time.
    share = models.FloatField(
        _("share"),
        default=1.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        editable=False,
    )
    shown = models.PositiveIntegerField(_("shown"), default=0, editable=False)
    clicked = models.PositiveIntegerField(_("clicked"), default=0, editable=False)
    closed = models.PositiveIntegerField(_("closed"), default=0, editable=False)
    opened = models.PositiveIntegerField(_("opened"), default=0, editable=False)

    class Meta:
        verbose_name = _("creative")
        verbose_name_plural = _("creatives")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return self.title or f"#{self.pk}"


class CampaignRecipient(models.Model):
    """A customer of a campaign's audience, and what became of her letter."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        WRITTEN = "written", pgettext_lazy("letter", "written")
        SHOWN = "shown", _("sees the banner")
        HELD_OUT = "held_out", _("held out")
        LEFT_OUT = "left_out", _("left out")

    class Reason(models.TextChoices):
        CONSENT = "consent", _("no consent to offers")
        ADDRESS = "address", _("no address that takes letters")
        OFTEN = "often", _("enough letters lately")
        ENDED = "ended", _("the campaign had ended")

    campaign = models.ForeignKey(
        Campaign,
        verbose_name=pgettext_lazy("offer", "campaign"),
        on_delete=models.CASCADE,
        related_name="recipients",
    )
    customer = models.ForeignKey(
        User, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="+"
    )
    state = models.CharField(_("state"), max_length=8, choices=State.choices)
    reason = models.CharField(
        _("left out because"), max_length=8, choices=Reason.choices, blank=True
    )
    creative = models.ForeignKey(
        Creative,
        verbose_name=_("creative"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    propensity = models.FloatField(_("probability of the choice"), null=True, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    written_at = models.DateTimeField(_("written at"), null=True, blank=True)
    email = models.ForeignKey(
        Email,
        verbose_name=_("letter"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # Only of customers who allow statistics.
    clicked_at = models.DateTimeField(_("clicked at"), null=True, blank=True)
    unsubscribed_at = models.DateTimeField(_("unsubscribed at"), null=True, blank=True)
    drawn_at = models.DateTimeField(_("drawn at"), db_index=True)

    objects = CampaignRecipientQuerySet.as_manager()

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["campaign", "customer"], name="recommendations_once_in_a_campaign"
            ),
            models.CheckConstraint(
                condition=~Q(state="written") | Q(written_at__isnull=False),
                name="recommendations_written_has_a_moment",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["campaign", "due_at"],
                condition=Q(state="waiting"),
                name="recommendations_letters_due",
            ),
            models.Index(
                fields=["customer", "written_at"],
                condition=Q(state="written"),
                name="recommendations_letters_lately",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign}: {self.customer}"


class CreativeEvent(models.Model):
    """A creative was shown, clicked or closed. Rows are only ever added, and go after a year.

    Those of one showing have the same `show_id`, by which a click is weighed with the probability
    of what was shown. Without consent to statistics there is no visitor in it.
    """

    class Kind(models.TextChoices):
        SHOWN = "shown", _("shown")
        CLICKED = "clicked", _("clicked")
        CLOSED = "closed", _("closed")

    show_id = models.UUIDField(editable=False)
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices)
    creative = models.ForeignKey(
        Creative, verbose_name=_("creative"), on_delete=models.CASCADE, related_name="events"
    )
    place = models.CharField(_("place"), max_length=20)
    propensity = models.FloatField(_("probability of the choice"))
    language = models.CharField(_("language"), max_length=10, blank=True)
    visitor_key = models.CharField(_("visitor"), max_length=64, blank=True)
    customer = models.ForeignKey(
        User,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    occurred_at = models.DateTimeField(_("occurred at"), db_index=True)

    class Meta:
        verbose_name = _("event of a creative")
        verbose_name_plural = _("events of creatives")
        ordering: ClassVar = ["-occurred_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["show_id", "kind"], name="recommendations_once_per_showing"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["creative", "occurred_at"], name="recommendations_creative_days")
        ]

    def __str__(self) -> str:
        return f"{self.creative}: {self.get_kind_display()}"


class SuppressedAddress(models.Model):
    """An address that no campaign writes to, since its server refused it for good.

    Known by its hash alone: it outlives the account, and says nothing to who reads the table.
    """

    address_hash = models.CharField(_("hash of the address"), max_length=64, unique=True)
    said = models.CharField(_("the server said"), max_length=255, blank=True)
    since = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        ordering: ClassVar = ["-since", "-pk"]

    def __str__(self) -> str:
        return self.address_hash[:12]


class CampaignSettings(models.Model):
    """What managers decided for all campaigns; one row, until then the defaults."""

    quiet_from = models.TimeField(
        _("no letters from"), default=time(21), help_text=_("In the customer's time.")
    )
    quiet_until = models.TimeField(_("no letters until"), default=time(9))
    letters_per_week = models.PositiveSmallIntegerField(
        _("letters a customer gets in 7 days"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(7)],
        help_text=_("Of all campaigns together."),
    )
    letters_per_minute = models.PositiveIntegerField(
        _("letters a minute"),
        default=120,
        validators=[MinValueValidator(1), MaxValueValidator(5_000)],
        help_text=_("As many as the mail server takes."),
    )
    second_approval_from = models.PositiveIntegerField(
        _("second person from, people"),
        null=True,
        blank=True,
        default=500,
        help_text=_("Campaigns to so many need two people; empty: never."),
    )
    smallest_audience = models.PositiveIntegerField(
        _("fewest people of a segment"),
        default=20,
        validators=[MinValueValidator(5)],
        help_text=_("A campaign to fewer would be about persons, not about a group."),
    )

    class Meta:
        verbose_name = _("campaign settings")
        verbose_name_plural = _("campaign settings")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
