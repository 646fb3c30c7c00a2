"""Products with their SKUs, attributes and photos."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import TabularInline

from catalog.admin.photos import rendition_url
from catalog.admin.tables import ImportExportPage, ProductResource, SkuResource
from catalog.admin.translated import TranslatedLabels
from catalog.errors import PhotoRefusedError
from catalog.forms import MoneyInputs
from catalog.models import Product, ProductAttribute, ProductPhoto, Sku
from catalog.money import format_money
from catalog.services import photos, search_documents, summaries
from catalog.services import products as products_service
from learning.staff_pages import EMPTY, StaffAdmin, chip, figure, person, picture

PRODUCT_TONES = {"published": "good", "draft": "warn"}


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]  # the translated columns have no types
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not (cleaned.get("name_en") or cleaned.get("name_zh_hans")):
            raise ValidationError(_("Give it a name in one language at least."))
        return cleaned


PRICE_LABELS = {"price_minor": _("price"), "compare_at_minor": _("price before")}


class SkuInline(MoneyInputs, TranslatedLabels, TabularInline):
    model = Sku
    money_labels = PRICE_LABELS
    fields = (
        "code",
        "name_zh_hans",
        "name_en",
        "price_minor",
        "compare_at_minor",
        "currency",
        "is_active",
    )
    extra = 0
    hide_title = True
    show_change_link = True
    tab = False


class AttributeInline(TranslatedLabels, TabularInline):
    model = ProductAttribute
    fields = ("attribute", "value_zh_hans", "value_en")
    autocomplete_fields = ("attribute",)
    extra = 0
    hide_title = True


class PhotoInline(TabularInline):
    model = ProductPhoto
    fields = ("thumbnail", "state", "alt_text", "position")
    readonly_fields = ("thumbnail", "state")
    extra = 0
    hide_title = True
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Uploads are taken apart first, see `ProductAdmin.upload_view`.
        return False

    @admin.display(description=_("photo"))
    def thumbnail(self, photo: ProductPhoto) -> SafeString:
        return picture(rendition_url(photo, "small"), text=photo.alt_text or str(photo))


@admin.register(Product)
class ProductAdmin(TranslatedLabels, ImportExportPage, SimpleHistoryAdmin, StaffAdmin):
    form = ProductForm
    resource_classes = (ProductResource,)
    list_display = (
        "thumbnail",
        "name_and_code",
        "category",
        "status_label",
        "price",
        "stock_label",
        "rating",
        "sold",
    )
    list_display_links = ("thumbnail", "name_and_code")
    list_filter = ("status", "has_stock", "category", "brand")
    search_fields = ("code", "name_zh_hans", "name_en", "skus__code")
    list_select_related = ("category", "brand")
    autocomplete_fields = ("category", "brand")
    prepopulated_fields = {"slug": ("name_en",)}
    inlines = (SkuInline, AttributeInline, PhotoInline)
    readonly_fields: ClassVar[tuple[str, ...]] = (
        "price",
        "stock_label",
        "rating",
        "sold",
        "published_at",
        "updated_at",
    )
    fieldsets: ClassVar[Any] = (
        (
            None,
            {
                "fields": (
                    ("name_zh_hans", "name_en"),
                    ("code", "slug"),
                    "status",
                    ("category", "brand"),
                    "tax_class",
                )
            },
        ),
        (_("Description"), {"fields": ("description_zh_hans", "description_en")}),
        (
            _("How it does"),
            {
                "fields": (
                    ("price", "stock_label"),
                    ("rating", "sold"),
                    ("published_at", "updated_at"),
                )
            },
        ),
    )
    actions = ("publish_selected", "withdraw_selected")
    change_form_outer_after_template = "catalog/staff/upload.html"
    # History pages come in unfold's dress from these templates.
    history_list_display = ("status", "category")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        products: QuerySet[Product] = super().get_queryset(request)
        ready = ProductPhoto.objects.ready().order_by("position", "pk")
        return products.prefetch_related(Prefetch("photos", queryset=ready, to_attr="ready_photos"))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        summaries.refresh_prices(product_ids=[form.instance.pk])
        search_documents.send_for_indexing(product_ids=[form.instance.pk])

    @admin.display(description=_("photo"))
    def thumbnail(self, product: Any) -> SafeString:
        ready = getattr(product, "ready_photos", [])
        return picture(rendition_url(ready[0], "small") if ready else None, text=str(product))

    @admin.display(description=_("product"), ordering="name")
    def name_and_code(self, product: Product) -> str:
        return f"{product} · {product.code}"

    @admin.display(description=_("status"), ordering="status")
    def status_label(self, product: Product) -> SafeString:
        return chip(product.status, product.get_status_display(), PRODUCT_TONES)

    @admin.display(description=_("price from"), ordering="price_from_minor")
    def price(self, product: Product) -> str:
        if product.price_from_minor is None:
            return EMPTY
        return format_money(product.price_from_minor, product.price_currency)

    @admin.display(description=_("stock"), ordering="has_stock")
    def stock_label(self, product: Product) -> SafeString:
        if product.has_stock:
            return chip("in", gettext("in stock"), {"in": "good"})
        return chip("out", gettext("sold out"), {"out": "bad"})

    @admin.display(description=_("rating"), ordering="rating_average")
    def rating(self, product: Product) -> str:
        if product.rating_average is None:
            return EMPTY
        return f"★ {product.rating_average:.1f} ({figure(product.rating_count)})"

    @admin.display(description=_("sold in 30 days, units"), ordering="units_sold_30_days")
    def sold(self, product: Product) -> str:
        return figure(product.units_sold_30_days)

    @admin.action(description=_("Publish"), permissions=["change"])
    def publish_selected(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        n_done = products_service.publish_products(products=queryset)
        said = ngettext("%(n)d product published.", "%(n)d products published.", n_done)
        messages.success(request, said % {"n": n_done})

    @admin.action(description=_("Withdraw from sale"), permissions=["change"])
    def withdraw_selected(self, request: HttpRequest, queryset: QuerySet[Product]) -> None:
        n_done = products_service.withdraw_products(products=queryset)
        said = ngettext("%(n)d product withdrawn.", "%(n)d products withdrawn.", n_done)
        messages.success(request, said % {"n": n_done})

    def get_urls(self) -> list[URLPattern]:
        upload = path(
            "<int:product_id>/photos/",
            self.admin_site.admin_view(self.upload_view),
            name="catalog_product_photos",
        )
        return [upload, *super().get_urls()]

    def upload_view(self, request: HttpRequest, product_id: int) -> HttpResponse:
        """Take photos in; they are prepared and classified by jobs."""
        here = reverse("admin:catalog_product_change", args=[product_id])
        if request.method != "POST":
            return HttpResponseRedirect(here)
        if not request.user.has_perm("catalog.add_productphoto"):
            raise PermissionDenied
        product = Product.objects.filter(pk=product_id).first()
        if product is None:
            raise Http404
        if not photos.may_change_photos(product=product, user=person(request)):
            raise PermissionDenied
        n_taken = 0
        for upload in request.FILES.getlist("photos"):
            try:
                photos.add_photo(
                    product=product,
                    content=photos.read_upload(upload),
                    uploaded_by=person(request),
                )
                n_taken += 1
            except PhotoRefusedError as error:
                messages.error(request, f"{upload.name}: {error}")
        if n_taken:
            said = ngettext(
                "%(n)d photo taken in; it is being prepared and looked at.",
                "%(n)d photos taken in; they are being prepared and looked at.",
                n_taken,
            )
            messages.success(request, said % {"n": n_taken})
        return HttpResponseRedirect(here)


@admin.register(Sku)
class SkuAdmin(MoneyInputs, TranslatedLabels, ImportExportPage, SimpleHistoryAdmin, StaffAdmin):
    money_labels = PRICE_LABELS
    money_help = {
        "compare_at_minor": _(
            "Pages show at most the lowest price of the 30 days before the reduction."
        )
    }
    resource_classes = (SkuResource,)
    list_display = ("code", "product", "name", "price", "price_before", "weight", "sale_label")
    list_filter = ("is_active", "currency")
    search_fields = (
        "code",
        "barcode",
        "name_zh_hans",
        "name_en",
        "product__name_zh_hans",
        "product__name_en",
        "product__code",
    )
    list_select_related = ("product",)
    autocomplete_fields = ("product",)
    fieldsets = (
        (None, {"fields": ("product", "code", ("name_zh_hans", "name_en"), "is_active")}),
        (_("Price"), {"fields": (("price_minor", "compare_at_minor", "currency"),)}),
        (_("Goods"), {"fields": (("barcode", "weight_grams", "position"),)}),
    )

    def save_model(self, request: HttpRequest, obj: Sku, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        summaries.refresh_prices(product_ids=[obj.product_id])
        search_documents.request_indexing(products=Product.objects.filter(pk=obj.product_id))

    @admin.display(description=_("price"), ordering="price_minor")
    def price(self, sku: Sku) -> str:
        return format_money(sku.price_minor, sku.currency)

    @admin.display(description=_("price before"), ordering="compare_at_minor")
    def price_before(self, sku: Sku) -> str:
        if sku.compare_at_minor is None:
            return EMPTY
        return format_money(sku.compare_at_minor, sku.currency)

    @admin.display(description=_("weight"), ordering="weight_grams")
    def weight(self, sku: Sku) -> str:
        return EMPTY if sku.weight_grams is None else f"{figure(sku.weight_grams)} g"

    @admin.display(description=_("for sale"), ordering="is_active")
    def sale_label(self, sku: Sku) -> SafeString:
        if sku.is_active:
            return chip("yes", gettext("for sale"), {"yes": "good"})
        return chip("no", gettext("not for sale"))
