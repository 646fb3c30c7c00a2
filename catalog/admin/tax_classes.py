"""Classes of goods that are taxed alike; what the tax is stands with the zones of orders."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.admin.translated import TranslatedLabels
from catalog.models import TaxClass
from learning.staff_pages import EMPTY, StaffAdmin, chip


@admin.register(TaxClass)
class TaxClassAdmin(TranslatedLabels, StaffAdmin):
    list_display = ("name", "code", "default_label")
    search_fields = ("code", "name_zh_hans", "name_en")
    fields = ("code", ("name_zh_hans", "name_en"), "is_default")

    @admin.display(description=_("default"), ordering="is_default")
    def default_label(self, tax_class: TaxClass) -> SafeString | str:
        if tax_class.is_default:
            return chip("yes", gettext("of products that name none"), {"yes": "good"})
        return EMPTY
