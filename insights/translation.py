"""Which texts of insights exist in every language of the shop."""

from modeltranslation.translator import TranslationOptions, register

from insights.models import Segment


@register(Segment)
class SegmentTranslation(TranslationOptions):
    fields = ("name",)
