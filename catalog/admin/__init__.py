"""Staff pages of the catalogue."""

from catalog.admin import categories, photos, products

__all__ = ["categories", "photos", "products"]
