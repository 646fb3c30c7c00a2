"""Which texts of the catalogue exist in every language of the shop."""

from modeltranslation.translator import TranslationOptions, register

from catalog.models import Attribute, Category, Product, ProductAttribute, Sku


@register(Category)
class CategoryTranslation(TranslationOptions):
    fields = ("name", "description")


@register(Product)
class ProductTranslation(TranslationOptions):
    fields = ("name", "description")


@register(Sku)
class SkuTranslation(TranslationOptions):
    fields = ("name",)


@register(Attribute)
class AttributeTranslation(TranslationOptions):
    fields = ("name",)


@register(ProductAttribute)
class ProductAttributeTranslation(TranslationOptions):
    fields = ("value",)
