from catalog.models.categories import Category
from catalog.models.photos import PhotoClassification, PhotoEmbedding, ProductPhoto
from catalog.models.products import Attribute, Brand, Product, ProductAttribute, Sku

__all__ = [
    "Attribute",
    "Brand",
    "Category",
    "PhotoClassification",
    "PhotoEmbedding",
    "Product",
    "ProductAttribute",
    "ProductPhoto",
    "Sku",
]
