"""Which columns staff may export and import, and who may."""

from typing import Any

from django.http import HttpRequest
from import_export import resources
from import_export.admin import ExportMixin, ImportExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV, JSON
from import_export.widgets import ForeignKeyWidget
from unfold.contrib.import_export.forms import ExportForm, ImportForm

from catalog.models import Brand, Category, Product, Sku
from catalog.services import summaries
from catalog.services.search_documents import request_indexing


class ProductResource(resources.ModelResource):
    category = Field(
        column_name="category",
        attribute="category",
        widget=ForeignKeyWidget(Category, field="slug"),
    )
    brand = Field(
        column_name="brand", attribute="brand", widget=ForeignKeyWidget(Brand, field="slug")
    )

    class Meta:
        model = Product
        import_id_fields = ("code",)
        fields = (
            "code",
            "name_zh_hans",
            "name_en",
            "slug",
            "status",
            "category",
            "brand",
            "description_zh_hans",
            "description_en",
        )
        export_order = fields
        skip_unchanged = True
        use_bulk = False


class SkuResource(resources.ModelResource):
    product = Field(
        column_name="product", attribute="product", widget=ForeignKeyWidget(Product, field="code")
    )

    class Meta:
        model = Sku
        import_id_fields = ("code",)
        fields = (
            "code",
            "product",
            "name_zh_hans",
            "name_en",
            "price_minor",
            "compare_at_minor",
            "currency",
            "barcode",
            "weight_grams",
            "is_active",
        )
        export_order = fields
        skip_unchanged = True

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        super().after_import(dataset, result, **kwargs)
        if not kwargs.get("dry_run"):
            summaries.refresh_prices()
            codes = set(dataset["product"]) if "product" in (dataset.headers or ()) else set()
            request_indexing(products=Product.objects.filter(code__in=codes))


class CategoryResource(resources.ModelResource):
    class Meta:
        model = Category
        fields = ("slug", "name_zh_hans", "name_en", "description_zh_hans", "description_en")
        export_order = fields


class ExportPage(ExportMixin):
    """Who sees a list may take it along."""

    export_form_class = ExportForm
    formats = (CSV, JSON)

    def get_export_formats(self) -> list[Any]:
        return list(self.formats)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_view_permission(request))


class ImportExportPage(ExportPage, ImportExportMixin):
    """Who may add and change rows may bring them in a file."""

    import_form_class = ImportForm

    def get_import_formats(self) -> list[Any]:
        return list(self.formats)

    def has_import_permission(self, request: HttpRequest) -> bool:
        return bool(self.has_add_permission(request) and self.has_change_permission(request))
