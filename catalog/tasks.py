"""Background jobs of the catalogue."""

from celery import shared_task

from catalog.models import ProductPhoto
from catalog.services import indexing, photo_classification, photos, search_documents


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


@shared_task(name="catalog.index_products")
def index_products(product_ids: list[int]) -> None:
    indexing.index_products(product_ids=product_ids)


@shared_task(name="catalog.sweep_search_index")
def sweep_search_index() -> None:
    search_documents.sweep_pending()


@shared_task(name="catalog.recheck_search_index")
def recheck_search_index() -> None:
    """Finds what no product told of itself; reads all of them."""
    indexing.recheck_all()
