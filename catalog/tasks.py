"""Background jobs of the catalogue."""

from celery import shared_task

from catalog.models import ProductPhoto
from catalog.services import photo_classification, photos


@shared_task(name="catalog.prepare_photo")
def prepare_photo(photo_id: int) -> None:
    photo = ProductPhoto.objects.filter(pk=photo_id).first()
    if photo is not None:
        photos.prepare_photo(photo=photo)


@shared_task(name="catalog.classify_photo")
def classify_photo(photo_id: int) -> None:
    photo = ProductPhoto.objects.filter(pk=photo_id).first()
    if photo is not None:
        photo_classification.classify_photo(photo=photo)


@shared_task(name="catalog.sweep_unclassified_photos")
def sweep_unclassified_photos() -> None:
    photos.sweep_photos()
