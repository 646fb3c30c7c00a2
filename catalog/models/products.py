"""Brands, products and the SKUs they are sold as."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

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
            models.Index(fields=["status", "category"], name="catalog_product_category"),
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
        _("price before, minor units"), null=True, blank=True
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
