"""Which texts of orders exist in every language of the shop."""

from modeltranslation.translator import TranslationOptions, register

from orders.models import Discount, ShippingMethod, ShippingZone, TaxRate


@register(ShippingZone)
class ShippingZoneTranslation(TranslationOptions):
    fields = ("name",)


@register(ShippingMethod)
class ShippingMethodTranslation(TranslationOptions):
    fields = ("name",)


@register(TaxRate)
class TaxRateTranslation(TranslationOptions):
    fields = ("name",)


@register(Discount)
class DiscountTranslation(TranslationOptions):
    fields = ("name",)
