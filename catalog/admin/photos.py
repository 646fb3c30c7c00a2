"""Photos and what the photo model saw on them."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AbstractUser
from django.core.files.storage import default_storage
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

import catalog.wording  # noqa: F401  # the codes of the explanations get their names
from catalog.models import Category, PhotoClassification, ProductPhoto
from catalog.services import photo_classification
from catalog.services.photo_labels import label_title, shipped_labels
from learning.proposal_admin import REVIEW_TONES, ProposalAdmin
from learning.staff_pages import EMPTY, StaffAdmin, bar, chip, percent, picture

PHOTO_TONES = {"ready": "good", "uploaded": "warn", "refused": "bad"}


def rendition_url(photo: ProductPhoto, size: str) -> str:
    """Address of a photo in one of its sizes; the upload itself until those are made."""
    stored = photo.renditions.get(size)
    return default_storage.url(stored["name"]) if stored else str(photo.file.url)


def seen_as(label: str, category: Category | None) -> str:
    """A label as people read it, without a query: a shop's own label is named like its category."""
    if label in set(shipped_labels()):
        return label_title(label)
    return str(category.name) if category else label or gettext("not recognised")


@admin.register(ProductPhoto)
class ProductPhotoAdmin(StaffAdmin):
    list_display = ("thumbnail", "product", "state_label", "shows", "size", "created_at")
    list_display_links = ("thumbnail", "product")
    list_filter = ("state",)
    search_fields = ("product__code", "product__name_zh_hans", "product__name_en", "alt_text")
    list_select_related = ("product",)
    fields = ("large", "product", "alt_text", "position", "state_label", "refusal", "shows", "size")
    readonly_fields = ("large", "product", "state_label", "refusal", "shows", "size")

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Photos are added on the page of their product, which takes uploads apart first.
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProductPhoto]:
        photos: QuerySet[ProductPhoto] = super().get_queryset(request)
        current = PhotoClassification.objects.current().select_related("category")
        return photos.prefetch_related(
            Prefetch("classifications", queryset=current, to_attr="current_classifications")
        )

    @admin.display(description=_("photo"))
    def thumbnail(self, photo: ProductPhoto) -> SafeString:
        return picture(rendition_url(photo, "small"), text=photo.alt_text or str(photo))

    @admin.display(description=_("photo"))
    def large(self, photo: ProductPhoto) -> SafeString:
        return picture(
            rendition_url(photo, "medium"), text=photo.alt_text or str(photo), size="large"
        )

    @admin.display(description=_("state"), ordering="state")
    def state_label(self, photo: ProductPhoto) -> SafeString:
        return chip(photo.state, photo.get_state_display(), PHOTO_TONES)

    @admin.display(description=_("seen as"))
    def shows(self, photo: Any) -> SafeString | str:
        if not photo.current_classifications:
            return EMPTY
        row: PhotoClassification = photo.current_classifications[0]
        return format_html(
            '<a class="zg-link" href="{}">{}</a> {}',
            reverse("admin:catalog_photoclassification_change", args=[row.pk]),
            seen_as(row.final_label, row.category),
            chip(row.status, row.get_status_display(), REVIEW_TONES),
        )

    @admin.display(description=_("size, pixels"))
    def size(self, photo: ProductPhoto) -> str:
        return f"{photo.width} × {photo.height}" if photo.width else EMPTY


@admin.register(PhotoClassification)
class PhotoClassificationAdmin(ProposalAdmin):
    list_display = (
        "thumbnail",
        "heat",
        "shown_label",
        "confidence_bar",
        "runner_up",
        "asks_label",
        "review_label",
        "product",
        "created_at",
    )
    list_display_links = ("thumbnail", "shown_label")
    list_filter = ("status", "needs_person", "category")
    search_fields = (
        "photo__product__code",
        "photo__product__name_zh_hans",
        "photo__product__name_en",
        "label",
    )
    list_select_related = ("photo__product", "category", "model_version", "reviewed_by")
    fields = ("product", "category", "runner_up", "asks_label", "version_name", "decided_by")
    shown_facts = ("category_confidence", "threshold", "familiarity", "familiarity_floor")
    share_facts = shown_facts

    @admin.display(description=_("photo"))
    def thumbnail(self, row: PhotoClassification) -> SafeString:
        return picture(rendition_url(row.photo, "small"), text=str(row.photo.product))

    @admin.display(description=_("where it looked"))
    def heat(self, row: PhotoClassification) -> SafeString:
        return picture(row.heat_map.url if row.heat_map else None, text=gettext("where it looked"))

    @admin.display(description=_("seen as"), ordering="label")
    def shown_label(self, row: PhotoClassification) -> str:
        return seen_as(row.final_label, row.category)

    @admin.display(description=_("or else"))
    def runner_up(self, row: PhotoClassification) -> str:
        if not row.runner_up_label:
            return EMPTY
        return f"{seen_as(row.runner_up_label, None)} ({percent(row.runner_up_confidence)})"

    @admin.display(description=_("asks staff"), ordering="needs_person")
    def asks_label(self, row: PhotoClassification) -> SafeString:
        if row.needs_person:
            return chip("asks", gettext("asks you"), {"asks": "warn"})
        return chip("sure", gettext("sure"))

    @admin.display(description=_("product"), ordering="photo__product")
    def product(self, row: PhotoClassification) -> SafeString:
        address = reverse("admin:catalog_product_change", args=[row.photo.product_id])
        return format_html('<a class="zg-link" href="{}">{}</a>', address, row.photo.product)

    def evidence(self, proposal: PhotoClassification) -> SafeString:
        return render_to_string(
            "catalog/staff/photo_evidence.html",
            {
                "photo": picture(
                    rendition_url(proposal.photo, "medium"),
                    text=str(proposal.photo.product),
                    size="large",
                ),
                "heat_map": picture(
                    proposal.heat_map.url if proposal.heat_map else None,
                    text=gettext("where it looked"),
                    size="large",
                ),
                "product": self.product(proposal),
            },
        )

    def verdict(self, proposal: PhotoClassification) -> SafeString:
        return format_html(
            "<strong>{}</strong> {} {}",
            seen_as(proposal.final_label, proposal.category),
            bar(proposal.confidence),
            "" if proposal.category is None else f"→ {proposal.category}",
        )

    def factor_name(self, code: str) -> str:
        return seen_as(code, None)

    def corrections(self, proposal: PhotoClassification) -> Sequence[tuple[str, str]]:
        """Every category of the shop, indented like the tree."""
        return [
            (str(category.pk), f"{'　' * (category.depth - 1)}{category.name}")
            for category in Category.objects.order_by("path")
        ]

    def accept(self, proposal: Any, *, user: AbstractUser, reason: str) -> None:
        photo_classification.accept_classification(
            classification=proposal, user=user, reason=reason
        )

    def correct(self, proposal: Any, *, correction: str, user: AbstractUser, reason: str) -> None:
        photo_classification.correct_classification(
            classification=proposal,
            user=user,
            category=Category.objects.get(pk=int(correction)),
            reason=reason,
        )

    def reject(self, proposal: Any, *, user: AbstractUser, reason: str) -> None:
        photo_classification.reject_classification(
            classification=proposal, user=user, reason=reason
        )
