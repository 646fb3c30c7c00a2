"""Staff pages of reviews: as they were written, and how the model read them."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractUser
from django.core.files.storage import default_storage
from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateFilter

import support.wording  # noqa: F401  # the codes of the explanations get their names
from learning.proposal_admin import ProposalAdmin
from learning.staff_pages import EMPTY, ReadOnlyAdmin, bar, chip, person, picture
from support.errors import SupportError
from support.models import Review, ReviewClassification
from support.services import replies, review_classification, reviews

SENTIMENT_TONES = {"positive": "good", "mixed": "warn", "negative": "bad"}
STATUS_TONES = {"published": "good", "pending": "warn", "hidden": "bad"}
SHOWN_CHARACTERS = 120


def stars(n_stars: int) -> SafeString:
    return format_html(
        '<span class="zg-stars" role="img" aria-label="{}">{}<span class="zg-stars-off">{}</span>'
        "</span>",
        gettext("%(n)d of 5 stars") % {"n": n_stars},
        "★" * n_stars,
        "★" * (5 - n_stars),
    )


def shortened(review: Review) -> str:
    text = f"{review.title} {review.text}".strip()
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def sentiment_chip(row: ReviewClassification) -> SafeString:
    sentiment = row.final_sentiment
    return chip(sentiment, ReviewClassification.Sentiment(sentiment).label, SENTIMENT_TONES)


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = (
        "stars_shown",
        "words",
        "sentiment",
        "product",
        "writer",
        "status_label",
        "written_at",
    )
    list_display_links = ("words",)
    list_filter = ("status", "stars", "language", ("written_at", RangeDateFilter))
    search_fields = ("title", "text", "product__code", "product__name_zh_hans", "product__name_en")
    list_select_related = ("product", "author")
    fields = (
        "stars_shown",
        "title",
        "text",
        "sentiment",
        "product",
        "writer",
        "is_verified_purchase",
        "language",
        "status_label",
        "photos_shown",
        "helpful_count",
        ("written_at", "edited_at"),
        "reply",
        ("replied_by", "replied_at"),
    )
    # Only the answer is written here; what a customer wrote stays as it is.
    readonly_fields = (
        "stars_shown",
        "title",
        "text",
        "sentiment",
        "product",
        "writer",
        "is_verified_purchase",
        "language",
        "status_label",
        "photos_shown",
        "helpful_count",
        "written_at",
        "edited_at",
        "replied_by",
        "replied_at",
    )
    actions = ("publish_selected", "hide_selected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        found: QuerySet[Review] = super().get_queryset(request)
        current = ReviewClassification.objects.current()
        return found.prefetch_related(
            Prefetch("classifications", queryset=current, to_attr="current_classifications")
        )

    @admin.display(description=_("stars"), ordering="stars")
    def stars_shown(self, review: Review) -> SafeString:
        return stars(review.stars)

    @admin.display(description=_("review"))
    def words(self, review: Review) -> str:
        return shortened(review)

    @admin.display(description=_("read as"))
    def sentiment(self, review: Any) -> SafeString | str:
        if not review.current_classifications:
            return EMPTY
        row: ReviewClassification = review.current_classifications[0]
        address = reverse("admin:support_reviewclassification_change", args=[row.pk])
        return format_html('<a href="{}">{}</a>', address, sentiment_chip(row))

    @admin.display(description=_("author"))
    def writer(self, review: Review) -> str:
        return review.author_name or str(review.author or EMPTY)

    @admin.display(description=_("status"), ordering="status")
    def status_label(self, review: Review) -> SafeString:
        return chip(review.status, review.get_status_display(), STATUS_TONES)

    @admin.display(description=_("photos"))
    def photos_shown(self, review: Review) -> SafeString | str:
        photos = [photo for photo in review.photos.all() if photo.renditions]
        if not photos:
            return EMPTY
        return format_html_join(
            " ",
            '<a href="{}">{}</a>',
            (
                (
                    default_storage.url(photo.renditions["large"]["name"]),
                    picture(
                        default_storage.url(photo.renditions["small"]["name"]), text=str(photo)
                    ),
                )
                for photo in photos
            ),
        )

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("support.reply_review"))

    def save_model(self, request: HttpRequest, obj: Review, form: Any, change: bool) -> None:
        text = form.cleaned_data["reply"]
        review = Review.objects.get(pk=obj.pk)
        try:
            is_changed = replies.reply_to_review(review=review, user=person(request), text=text)
        except SupportError as error:
            messages.error(request, str(error))
            return
        if is_changed and text.strip():
            messages.success(request, gettext("The answer is shown below the review."))
        elif is_changed:
            messages.success(request, gettext("The answer was taken back."))

    def message_user(self, request: HttpRequest, message: Any, *args: Any, **kwargs: Any) -> None:
        """What happened is said by the actions and by `save_model`."""

    def has_moderate_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("support.change_review"))

    @admin.action(description=_("Show on the product's page"), permissions=["moderate"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        n_done = self._move(request, queryset, reviews.publish_review)
        said = ngettext("%(n)d review is shown.", "%(n)d reviews are shown.", n_done)
        messages.success(request, said % {"n": n_done})

    @admin.action(description=_("Hide"), permissions=["moderate"])
    def hide_selected(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        n_done = self._move(request, queryset, reviews.hide_review)
        said = ngettext("%(n)d review is hidden.", "%(n)d reviews are hidden.", n_done)
        messages.success(request, said % {"n": n_done})

    def _move(
        self, request: HttpRequest, queryset: QuerySet[Review], move: Callable[..., bool]
    ) -> int:
        return sum(move(review=review, user=person(request)) for review in queryset)


@admin.register(ReviewClassification)
class ReviewClassificationAdmin(ProposalAdmin):
    list_display = (
        "words",
        "stars_shown",
        "sentiment_label",
        "confidence_bar",
        "asks_label",
        "review_label",
        "product",
        "created_at",
    )
    list_filter = ("status", "needs_person", "sentiment", "review__language", "review__stars")
    search_fields = ("review__title", "review__text", "review__product__code")
    list_select_related = ("review__product", "model_version", "reviewed_by")
    fields = ("product", "asks_label", "version_name", "decided_by")
    shown_facts = ("language", "known_share", "stars_disagree")
    share_facts = ("known_share",)

    @admin.display(description=_("review"))
    def words(self, row: ReviewClassification) -> str:
        return shortened(row.review)

    @admin.display(description=_("stars"), ordering="review__stars")
    def stars_shown(self, row: ReviewClassification) -> SafeString:
        return stars(row.review.stars)

    @admin.display(description=_("read as"), ordering="positive_probability")
    def sentiment_label(self, row: ReviewClassification) -> SafeString:
        return sentiment_chip(row)

    @admin.display(description=_("asks staff"), ordering="needs_person")
    def asks_label(self, row: ReviewClassification) -> SafeString:
        if row.needs_person:
            return chip("asks", gettext("asks you"), {"asks": "warn"})
        return chip("sure", gettext("sure"))

    @admin.display(description=_("product"), ordering="review__product")
    def product(self, row: ReviewClassification) -> SafeString:
        address = reverse("admin:catalog_product_change", args=[row.review.product_id])
        return format_html('<a class="zg-link" href="{}">{}</a>', address, row.review.product)

    def evidence(self, proposal: ReviewClassification) -> SafeString:
        marked = review_classification.mark(proposal)
        weights = [abs(piece.weight) for piece in (*marked.title, *marked.text)]
        return render_to_string(
            "support/staff/review_evidence.html",
            {
                "review": proposal.review,
                "product": self.product(proposal),
                "stars": stars(proposal.review.stars),
                "title": _tinted(marked.title, strongest=max(weights, default=0.0)),
                "text": _tinted(marked.text, strongest=max(weights, default=0.0)),
            },
        )

    def verdict(self, proposal: ReviewClassification) -> SafeString:
        return format_html(
            "{} {}",
            sentiment_chip(proposal),
            bar(
                proposal.positive_probability,
                tone=SENTIMENT_TONES[proposal.sentiment],
                text=gettext("%(n)d %% likely to be positive")
                % {"n": round(100 * proposal.positive_probability)},
            ),
        )

    def factor_name(self, code: str) -> str:
        # The factors are words of the review itself.
        return code

    def corrections(self, proposal: ReviewClassification) -> Sequence[tuple[str, str]]:
        return [
            (value, str(label))
            for value, label in ReviewClassification.Sentiment.choices
            if value != proposal.sentiment
        ]

    def accept(self, proposal: Any, *, user: AbstractUser, reason: str) -> None:
        review_classification.accept_classification(
            classification=proposal, user=user, reason=reason
        )

    def correct(self, proposal: Any, *, correction: str, user: AbstractUser, reason: str) -> None:
        review_classification.correct_classification(
            classification=proposal, user=user, sentiment=correction, reason=reason
        )

    def reject(self, proposal: Any, *, user: AbstractUser, reason: str) -> None:
        review_classification.reject_classification(
            classification=proposal, user=user, reason=reason
        )


def _tinted(pieces: Sequence[review_classification.Segment], *, strongest: float) -> SafeString:
    """The words in the colour of their direction, deeper the more they counted."""
    return format_html_join("", "{}", ((_mark(piece, strongest),) for piece in pieces))


def _mark(piece: review_classification.Segment, strongest: float) -> SafeString | str:
    if not piece.weight or not strongest:
        return piece.text
    return format_html(
        '<mark class="zg-mark zg-{}" style="--zg-weight:{}">{}</mark>',
        "good" if piece.weight > 0 else "bad",
        f"{abs(piece.weight) / strongest:.2f}",
        piece.text,
    )
