"""Which texts of recommendations exist in every language of the shop."""

from modeltranslation.translator import TranslationOptions, register

from recommendations.models import Creative, Placement


@register(Placement)
class PlacementTranslation(TranslationOptions):
    fields = ("title",)


@register(Creative)
class CreativeTranslation(TranslationOptions):
    fields = ("title", "text", "button")
