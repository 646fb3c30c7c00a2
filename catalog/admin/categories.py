"""The tree of categories, brands and attributes."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from catalog.admin.tables import CategoryResource, ExportPage
from catalog.admin.translated import TranslatedLabels
from catalog.models import Attribute, Brand, Category, Product
from catalog.services.categories import place_category
from catalog.services.photo_labels import label_title, shipped_labels
from catalog.services.search_documents import request_indexing
from learning.staff_pages import EMPTY, StaffAdmin, figure


class ParentField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    def label_from_instance(self, category: Category) -> str:
        return f"{'　' * (category.depth - 1)}{category.name}"


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]  # treebeard ships no types
    parent = ParentField(
        queryset=Category.objects.all(),
        required=False,
        label=_("below"),
        empty_label=_("at the top"),
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["parent"].initial = self.instance.get_parent()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not (cleaned.get("name_en") or cleaned.get("name_zh_hans")):
            raise ValidationError(_("Give it a name in one language at least."))
        parent = cleaned.get("parent")
        if (
            parent
            and self.instance.pk
            and (parent == self.instance or parent.is_descendant_of(self.instance))
        ):
            self.add_error("parent", _("A category cannot lie below itself."))
        return cleaned


@admin.register(Category)
class CategoryAdmin(TranslatedLabels, ExportPage, StaffAdmin):
    form = CategoryForm
    resource_classes = (CategoryResource,)
    list_display = ("tree_name", "slug", "products_count", "labels")
    search_fields = ("name_zh_hans", "name_en", "slug")
    ordering = ("path",)
    list_per_page = 100
    prepopulated_fields = {"slug": ("name_en",)}
    fieldsets = (
        (None, {"fields": ("parent", ("name_zh_hans", "name_en"), "slug")}),
        (_("Description"), {"fields": ("description_zh_hans", "description_en")}),
        (_("Photo model"), {"fields": ("photo_labels", "known_labels")}),
    )
    readonly_fields = ("known_labels",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        categories: QuerySet[Category] = super().get_queryset(request)
        counted: QuerySet[Category] = categories.annotate(n_products=Count("products"))
        return counted

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        place_category(category=obj, parent=form.cleaned_data["parent"])

    @admin.display(description=_("category"), ordering="path")
    def tree_name(self, category: Category) -> SafeString:
        return format_html(
            '<span style="padding-left:{}em">{}</span>', 1.5 * (category.depth - 1), category.name
        )

    @admin.display(description=_("products"), ordering="n_products")
    def products_count(self, category: Any) -> str:
        return figure(category.n_products)

    @admin.display(description=_("labels of the photo model"))
    def labels(self, category: Category) -> str:
        return ", ".join(str(label) for label in category.photo_labels) or EMPTY

    @admin.display(description=_("labels that the first model knows"))
    def known_labels(self, _category: Category) -> str:
        return ", ".join(f"{label} ({label_title(label)})" for label in shipped_labels())


@admin.register(Brand)
class BrandAdmin(StaffAdmin):
    list_display = ("name", "slug", "products_count")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}

    def save_model(self, request: HttpRequest, obj: Brand, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        request_indexing(products=Product.objects.filter(brand=obj))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Brand]:
        brands: QuerySet[Brand] = super().get_queryset(request)
        return brands.annotate(n_products=Count("products"))

    @admin.display(description=_("products"), ordering="n_products")
    def products_count(self, brand: Any) -> str:
        return figure(brand.n_products)


@admin.register(Attribute)
class AttributeAdmin(TranslatedLabels, StaffAdmin):
    list_display = ("code", "name", "unit")
    search_fields = ("code", "name_zh_hans", "name_en")
    fields = ("code", ("name_zh_hans", "name_en"), "unit")
