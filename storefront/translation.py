"""Which texts of the shop's own pages exist in every language."""

from modeltranslation.translator import TranslationOptions, register

from storefront.models import StaticPage


@register(StaticPage)
class StaticPageTranslation(TranslationOptions):
    fields = ("title", "body")
