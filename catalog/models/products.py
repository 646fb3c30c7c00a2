"""Brands, products and the SKUs they are sold as."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.expressions import (
    RECORD_DIGITS,
    SLOT_DIGITS,
    SLOTS,
    FacetRecord,
    NullAsHighest,
    NullAsLowest,
)
from catalog.models.categories import Category
from catalog.querysets import ProductQuerySet, SkuQuerySet


def default_currency() -> str:
    return str(settings.CURRENCY)


class Brand(models.Model):  # type: ignore[django-manager-missing]  # made by modeltranslation
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=120, unique=True)

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        ordering: ClassVar = ["slug"]

    def __str__(self) -> str:
        return self.name


class TaxClass(models.Model):  # type: ignore[django-manager-missing]  # made by modeltranslation
    """Goods that are taxed alike, such as food or books; rates belong to zones, above."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=80)
    is_default = models.BooleanField(
        _("default"), default=False, help_text=_("Of products that name none.")
    )

    class Meta:
        verbose_name = _("tax class")
        verbose_name_plural = _("tax classes")
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="catalog_one_default_tax_class",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Attribute(models.Model):  # type: ignore[django-manager-missing]  # made by modeltranslation
    """A property that products have a value of: material, colour, capacity."""

    code = models.SlugField(_("code"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=80)
    unit = models.CharField(_("unit"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering: ClassVar = ["code"]

    def __str__(self) -> str:
        return self.name


class Product(models.Model):  # type: ignore[django-manager-missing]  # made by modeltranslation
    """What customers see; it is sold as one or several SKUs."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=255)
    slug = models.SlugField(_("slug"), max_length=255, unique=True)
    description = models.TextField(_("description"), blank=True)
    status = models.CharField(
        _("status"), max_length=12, choices=Status.choices, default=Status.DRAFT
    )
    category = models.ForeignKey(
        Category,
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="products",
    )
    brand = models.ForeignKey(
        Brand,
        verbose_name=_("brand"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="products",
    )
    tax_class = models.ForeignKey(
        TaxClass,
        verbose_name=_("tax class"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text=_("Empty: the default class."),
    )
    # Kept by services so that a card needs no join: see `catalog.services.summaries`.
    price_from_minor = models.PositiveBigIntegerField(
        _("price from, minor units"), null=True, blank=True, editable=False
    )
    compare_at_minor = models.PositiveBigIntegerField(
        _("price before, minor units"), null=True, blank=True, editable=False
    )
    price_currency = models.CharField(
        _("currency of the price"), max_length=3, blank=True, editable=False
    )
    has_stock = models.BooleanField(_("in stock"), default=False, editable=False)
    rating_average = models.FloatField(
        _("average rating, stars"),
        null=True,
        blank=True,
        editable=False,
        validators=[MinValueValidator(1.0), MaxValueValidator(5.0)],
    )
    rating_count = models.PositiveIntegerField(_("ratings"), default=0, editable=False)
    units_sold_30_days = models.PositiveIntegerField(
        _("units sold in 30 days"), default=0, editable=False
    )
    # Keys of its attribute values, hexadecimal; kept by `catalog.services.indexing`.
    attribute_slots = models.CharField(
        max_length=SLOTS * SLOT_DIGITS, blank=True, default="", db_default="", editable=False
    )
    facet_record = models.GeneratedField(
        expression=FacetRecord(
            "brand",
            "price_from_minor",
            "compare_at_minor",
            "has_stock",
            "rating_average",
            "attribute_slots",
        ),
        output_field=models.CharField(max_length=RECORD_DIGITS),
        db_persist=True,
    )
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = ProductQuerySet.as_manager()  # type: ignore[django-manager-missing]  # made by modeltranslation

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["status", "-units_sold_30_days", "-id"], name="catalog_product_popular"
            ),
            # With the record, so that facets are counted without touching the table.
            models.Index(
                fields=["status", "category", "facet_record"], name="catalog_product_facets"
            ),
            models.Index(
                F("status"),
                Coalesce("published_at", "created_at"),
                F("id"),
                name="catalog_product_new",
            ),
            models.Index(
                F("status"),
                NullAsHighest("price_from_minor"),
                F("id"),
                name="catalog_product_cheap",
            ),
            models.Index(
                F("status"),
                NullAsLowest("price_from_minor"),
                F("id"),
                name="catalog_product_dear",
            ),
            models.Index(
                F("status"),
                NullAsLowest("rating_average"),
                F("rating_count"),
                F("id"),
                name="catalog_product_rated",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.code

    def get_absolute_url(self) -> str:
        return reverse("storefront:product-detail", args=[self.slug])


class ProductAttribute(models.Model):  # type: ignore[django-manager-missing]  # made by modeltranslation
    """The value of one attribute of one product."""

    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="attributes"
    )
    attribute = models.ForeignKey(
        Attribute, verbose_name=_("attribute"), on_delete=models.PROTECT, related_name="+"
    )
    value = models.CharField(_("value"), max_length=120)
    # Which shared value this is; set by `catalog.services.indexing`.
    shared_value = models.ForeignKey(
        "catalog.AttributeValue",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        verbose_name = _("product attribute")
        verbose_name_plural = _("product attributes")
        ordering: ClassVar = ["attribute__code"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "attribute"], name="catalog_one_value_per_attribute"
            )
        ]

    def __str__(self) -> str:
        return f"{self.attribute}: {self.value}"


class Sku(models.Model):
    """What is stocked, priced and put in a cart."""

    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="skus"
    )
    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(
        _("variant"), max_length=120, blank=True, help_text=_("Such as a size or a colour.")
    )
    price_minor = models.PositiveBigIntegerField(
        _("price, minor units"), help_text=_("In cents or fen: 1999 is 19.99.")
    )
    compare_at_minor = models.PositiveBigIntegerField(
        _("price before, minor units"),
        null=True,
        blank=True,
        help_text=_("Pages show at most the lowest price of the 30 days before the reduction."),
    )
    # Kept by services: what pages show of it, see `catalog.services.strike_prices`.
    strike_price_minor = models.PositiveBigIntegerField(
        _("price before as shown, minor units"), null=True, blank=True, editable=False
    )
    currency = models.CharField(_("currency"), max_length=3, default=default_currency)
    barcode = models.CharField(_("barcode"), max_length=32, blank=True)
    weight_grams = models.PositiveIntegerField(_("weight, g"), null=True, blank=True)
    is_active = models.BooleanField(_("for sale"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = SkuQuerySet.as_manager()  # type: ignore[django-manager-missing]  # made by modeltranslation

    class Meta:
        verbose_name = _("SKU")
        verbose_name_plural = _("SKUs")
        ordering: ClassVar = ["product", "position", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(compare_at_minor__isnull=True)
                | Q(compare_at_minor__gt=F("price_minor")),
                name="catalog_price_before_is_higher",
            )
        ]

    def __str__(self) -> str:
        return self.code
