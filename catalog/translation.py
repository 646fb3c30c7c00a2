"""Which texts of the catalogue exist in every language of the shop."""

from modeltranslation.translator import TranslationOptions, register
from simple_history import register as keep_history

from catalog.models import (
    Attribute,
    AttributeValue,
    Category,
    Product,
    ProductAttribute,
    Sku,
    TaxClass,
)


@register(Category)
class CategoryTranslation(TranslationOptions):
    fields = ("name", "description")


@register(Product)
class ProductTranslation(TranslationOptions):
    fields = ("name", "description")


@register(Sku)
class SkuTranslation(TranslationOptions):
    fields = ("name",)


@register(TaxClass)
class TaxClassTranslation(TranslationOptions):
    fields = ("name",)


@register(Attribute)
class AttributeTranslation(TranslationOptions):
    fields = ("name",)


@register(AttributeValue)
class AttributeValueTranslation(TranslationOptions):
    fields = ("name",)


@register(ProductAttribute)
class ProductAttributeTranslation(TranslationOptions):
    fields = ("value",)


# After the translations, so that the history has a column for each language too.
keep_history(
    Product,
    excluded_fields=[
        "units_sold_30_days",
        "rating_average",
        "rating_count",
        "has_stock",
        "attribute_slots",
        "facet_record",
    ],
)
keep_history(Sku, excluded_fields=["strike_price_minor"])
