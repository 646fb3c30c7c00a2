"""Photos that the model is not sure of."""

from dataclasses import dataclass

from django.urls import reverse

from catalog.admin.photos import rendition_url, seen_as
from catalog.models import PhotoClassification
from learning.staff_pages import percent

N_SHOWN = 8


@dataclass(frozen=True, slots=True)
class PhotoToCheck:
    url: str
    picture: str
    product: str
    seen_as: str
    confidence: str


def read_photos() -> list[PhotoToCheck]:
    """The least sure first."""
    rows = (
        PhotoClassification.objects.awaiting_review()
        .filter(needs_person=True)
        .select_related("photo__product", "category")
        .order_by("confidence", "pk")[:N_SHOWN]
    )
    return [
        PhotoToCheck(
            url=reverse("admin:catalog_photoclassification_change", args=[row.pk]),
            picture=rendition_url(row.photo, "small"),
            product=str(row.photo.product),
            seen_as=seen_as(row.label, row.category),
            confidence=percent(row.confidence),
        )
        for row in rows
    ]
