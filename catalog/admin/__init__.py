"""Staff pages of the catalogue."""

from catalog.admin import categories, photos, products, search, tax_classes

__all__ = ["categories", "photos", "products", "search", "tax_classes"]
