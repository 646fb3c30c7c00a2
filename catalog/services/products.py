"""Bringing products to the shop's pages and taking them off."""

from django.db.models import QuerySet
from django.utils import timezone

from catalog.models import Product


def publish_products(*, products: QuerySet[Product]) -> int:
    """Show products to customers; returns how many were not shown before."""
    n_done = 0
    for product in products.exclude(status=Product.Status.PUBLISHED):
        # One by one, so that the history has a row for each.
        product.status = Product.Status.PUBLISHED
        product.published_at = product.published_at or timezone.now()
        product.save(update_fields=["status", "published_at", "updated_at"])
        n_done += 1
    return n_done


def withdraw_products(*, products: QuerySet[Product]) -> int:
    """Take products off the shop's pages; returns how many were on them."""
    n_done = 0
    for product in products.filter(status=Product.Status.PUBLISHED):
        product.status = Product.Status.WITHDRAWN
        product.save(update_fields=["status", "updated_at"])
        n_done += 1
    return n_done
