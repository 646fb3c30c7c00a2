"""Reviews, their photos and votes, and how they were read."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from customers.models import User
from learning.models import Proposal
from support.querysets import (
    ReviewClassificationQuerySet,
    ReviewPhotoQuerySet,
    ReviewQuerySet,
)


class Review(models.Model):
    """What a customer wrote about a product."""

    class Status(models.TextChoices):
        PENDING = "pending", _("waiting")
        PUBLISHED = "published", _("published")
        HIDDEN = "hidden", _("hidden")

    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="reviews"
    )
    author = models.ForeignKey(
        User,
        verbose_name=_("author"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="reviews",
    )
    author_name = models.CharField(_("shown name"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True, db_index=True)
    stars = models.PositiveSmallIntegerField(
        _("stars"), validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    title = models.CharField(_("title"), max_length=160, blank=True)
    text = models.TextField(_("text"), max_length=5000)
    is_verified_purchase = models.BooleanField(_("verified purchase"), default=False)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.PUBLISHED
    )
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    written_at = models.DateTimeField(_("written at"), db_index=True)
    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True, editable=False)
    # Always the number of its votes: both change in one transaction.
    helpful_count = models.PositiveIntegerField(_("found helpful by"), default=0, editable=False)
    reply = models.TextField(
        _("answer of the shop"),
        max_length=2000,
        blank=True,
        help_text=_("Shown below the review. Leave it empty to take the answer back."),
    )
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("answered by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    replied_at = models.DateTimeField(_("answered at"), null=True, blank=True, editable=False)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        ordering: ClassVar = ["-written_at", "-pk"]
        permissions: ClassVar = [("reply_review", _("Can answer reviews"))]
        indexes: ClassVar = [
            models.Index(
                fields=["product", "status", "-written_at", "-id"], name="support_review_newest"
            ),
            models.Index(
                fields=["product", "status", "-helpful_count", "-written_at", "-id"],
                name="support_review_most_helpful",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(stars__gte=1) & Q(stars__lte=5), name="support_one_to_five_stars"
            ),
            models.UniqueConstraint(
                fields=["product", "author"], name="support_one_review_per_product"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.text[:60]


class ReviewPhoto(models.Model):
    """What a customer photographed, in the sizes that pages show."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("waiting to be prepared")
        READY = "ready", _("ready")
        REFUSED = "refused", _("refused")

    review = models.ForeignKey(
        Review, verbose_name=_("review"), on_delete=models.CASCADE, related_name="photos"
    )
    # The upload, re-encoded from its pixels: no metadata, no foreign bytes.
    file = models.ImageField(_("photo"), upload_to="photos/reviews/%Y/%m/")
    # By size ("small", "medium", "large"): name in the storage, width and height.
    renditions = models.JSONField(_("sizes"), default=dict, blank=True, editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.UPLOADED, db_index=True
    )
    sha256 = models.CharField(max_length=64, editable=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    created_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)

    objects = ReviewPhotoQuerySet.as_manager()

    class Meta:
        verbose_name = _("review photo")
        verbose_name_plural = _("review photos")
        ordering: ClassVar = ["review", "position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["review", "sha256"], name="support_photo_once_per_review"
            )
        ]

    def __str__(self) -> str:
        return f"{self.review} #{self.pk}"


class ReviewVote(models.Model):
    """A customer found a review of somebody else helpful."""

    review = models.ForeignKey(
        Review, verbose_name=_("review"), on_delete=models.CASCADE, related_name="votes"
    )
    voter = models.ForeignKey(
        User, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(_("given at"), auto_now_add=True)

    class Meta:
        verbose_name = _("helpful vote")
        verbose_name_plural = _("helpful votes")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["review", "voter"], name="support_one_vote_per_customer"
            )
        ]

    def __str__(self) -> str:
        return f"{self.review}: {self.voter}"


class ReviewClassification(Proposal):
    """How a review was read; the words that decided are in `explanation`."""

    class Sentiment(models.TextChoices):
        NEGATIVE = "negative", _("negative")
        MIXED = "mixed", _("mixed or unclear")
        POSITIVE = "positive", _("positive")

    review = models.ForeignKey(
        Review, verbose_name=_("review"), on_delete=models.CASCADE, related_name="classifications"
    )
    sentiment = models.CharField(_("sentiment"), max_length=10, choices=Sentiment.choices)
    positive_probability = models.FloatField(
        _("probability of positive"),
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
    )
    # What a person said it is; the label of the next training set.
    corrected_sentiment = models.CharField(
        _("corrected to"), max_length=10, choices=Sentiment.choices, blank=True
    )
    needs_person = models.BooleanField(
        _("asks staff"), default=False, help_text=_("The model was not sure enough.")
    )

    objects = ReviewClassificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("review classification")
        verbose_name_plural = _("review classifications")
        ordering: ClassVar = ["-created_at", "-pk"]
        permissions: ClassVar = [
            ("review_reviewclassification", _("Can decide on review classifications"))
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["review"],
                condition=Q(status="proposed"),
                name="support_one_open_classification_per_review",
            )
        ]

    def __str__(self) -> str:
        return f"{self.review}: {self.Sentiment(self.final_sentiment).label}"

    @property
    def final_sentiment(self) -> str:
        return self.corrected_sentiment or self.sentiment
