"""Bringing products to the shop's pages and taking them off."""

from django.db.models import QuerySet
from django.utils import timezone

from catalog.models import Product
from catalog.services.search_documents import send_for_indexing
from catalog.services.versions import renew_catalogue_version


def publish_products(*, products: QuerySet[Product]) -> int:
    """Show products to customers; returns how many were not shown before."""
    changed = []
    for product in products.exclude(status=Product.Status.PUBLISHED):
        # One by one, so that the history has a row for each.
        product.status = Product.Status.PUBLISHED
        product.published_at = product.published_at or timezone.now()
        product.save(update_fields=["status", "published_at", "updated_at"])
        changed.append(product.pk)
    if changed:
        renew_catalogue_version()
        send_for_indexing(product_ids=changed)
    return len(changed)


def withdraw_products(*, products: QuerySet[Product]) -> int:
    """Take products off the shop's pages; returns how many were on them."""
    changed = []
    for product in products.filter(status=Product.Status.PUBLISHED):
        product.status = Product.Status.WITHDRAWN
        product.save(update_fields=["status", "updated_at"])
        changed.append(product.pk)
    if changed:
        renew_catalogue_version()
        send_for_indexing(product_ids=changed)
    return len(changed)
