from catalog.models.categories import Category
from catalog.models.photos import (
    PhotoClassification,
    PhotoEmbedding,
    ProductPhoto,
)
from catalog.models.products import Attribute, Brand, Product, ProductAttribute, Sku, TaxClass
from catalog.models.search import (
    AttributeValue,
    SearchDocument,
    SearchSpelling,
    SearchSynonym,
    SearchSynonymWord,
    SearchTerm,
)

__all__ = [
    "Attribute",
    "AttributeValue",
    "Brand",
    "Category",
    "PhotoClassification",
    "PhotoEmbedding",
    "Product",
    "ProductAttribute",
    "ProductPhoto",
    "SearchDocument",
    "SearchSpelling",
    "SearchSynonym",
    "SearchSynonymWord",
    "SearchTerm",
    "Sku",
    "TaxClass",
]
