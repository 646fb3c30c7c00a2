"""Products as the API shows them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from rest_framework import serializers

from catalog.models import Category, Product, ProductPhoto, Sku


class PhotoSizeSerializer(serializers.Serializer[Any]):
    url = serializers.URLField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class PhotoSerializer(serializers.Serializer[Any]):
    alt_text = serializers.CharField(allow_blank=True)
    sizes = serializers.DictField(
        child=PhotoSizeSerializer(), help_text="By name: small, medium, large."
    )


class PlaceSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField(allow_blank=True)


class CategorySerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True)
    parent = serializers.CharField(allow_null=True, help_text="Slug of the category above.")  # type: ignore[assignment]  # a field of the answer
    depth = serializers.IntegerField(help_text="1 for those at the top.")


class ProductSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    slug = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    url = serializers.URLField(help_text="Its page in the shop.")
    brand = PlaceSerializer(allow_null=True)
    category = PlaceSerializer(allow_null=True)
    price_from_minor = serializers.IntegerField(
        allow_null=True, help_text="The lowest price of its SKUs in minor units: 1999 is 19.99."
    )
    price_before_minor = serializers.IntegerField(allow_null=True)
    currency = serializers.CharField(allow_blank=True)
    has_stock = serializers.BooleanField()
    rating_average = serializers.FloatField(allow_null=True)
    rating_count = serializers.IntegerField()
    photo = PhotoSerializer(allow_null=True)


class SkuSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="What carts and orders call it.")
    name = serializers.CharField(allow_blank=True, help_text="Such as a size or a colour.")
    price_minor = serializers.IntegerField()
    price_before_minor = serializers.IntegerField(allow_null=True)
    currency = serializers.CharField()
    barcode = serializers.CharField(allow_blank=True)
    weight_grams = serializers.IntegerField(allow_null=True)


class AttributeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    value = serializers.CharField(allow_blank=True)
    unit = serializers.CharField(allow_blank=True)


class ProductDetailSerializer(ProductSerializer):
    description = serializers.CharField(allow_blank=True)
    skus = SkuSerializer(many=True)
    attributes = AttributeSerializer(many=True)
    photos = PhotoSerializer(many=True)


class UnitsOfSkuSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    units = serializers.IntegerField(min_value=0, help_text="That could be put in a cart now.")


def category_as_json(category: Category, parents: Mapping[str, str]) -> dict[str, Any]:
    """parents: slugs by path."""
    return {
        "slug": category.slug,
        "name": str(category),
        "description": category.description or "",
        "parent": parents.get(category.path[: -Category.steplen]),
        "depth": category.depth,
    }


def product_as_json(product: Product) -> dict[str, Any]:
    """Of a product with what `for_cards` reads; asks the database nothing."""
    photos: Sequence[ProductPhoto] = getattr(product, "ready_photos", ())
    return {
        "code": product.code,
        "slug": product.slug,
        "name": str(product),
        "url": absolute(product.get_absolute_url()),
        "brand": _place(product.brand),
        "category": _place(product.category),
        "price_from_minor": product.price_from_minor,
        "price_before_minor": product.compare_at_minor,
        "currency": product.price_currency,
        "has_stock": product.has_stock,
        "rating_average": product.rating_average,
        "rating_count": product.rating_count,
        "photo": photo_as_json(photos[0]) if photos else None,
    }


def product_detail_as_json(product: Product) -> dict[str, Any]:
    photos: Sequence[ProductPhoto] = getattr(product, "ready_photos", ())
    return {
        **product_as_json(product),
        "description": product.description or "",
        "skus": [_sku_as_json(sku) for sku in product.skus.all() if sku.is_active],
        "attributes": [
            {
                "code": row.attribute.code,
                "name": row.attribute.name or row.attribute.code,
                "value": row.value or "",
                "unit": row.attribute.unit or "",
            }
            for row in product.attributes.all()
        ],
        "photos": [photo_as_json(photo) for photo in photos],
    }


def photo_as_json(photo: Any) -> dict[str, Any]:
    """Of products and of reviews."""
    return {
        "alt_text": getattr(photo, "alt_text", "") or "",
        "sizes": {
            name: {
                "url": absolute(default_storage.url(size["name"])),
                "width": size["width"],
                "height": size["height"],
            }
            for name, size in photo.renditions.items()
        },
    }


def absolute(address: str) -> str:
    """A storage elsewhere gives whole addresses itself."""
    return address if "://" in address else f"{settings.SHOP_URL}{address}"


def _sku_as_json(sku: Sku) -> dict[str, Any]:
    return {
        "code": sku.code,
        "name": sku.name,
        "price_minor": sku.price_minor,
        "price_before_minor": sku.strike_price_minor,
        "currency": sku.currency,
        "barcode": sku.barcode,
        "weight_grams": sku.weight_grams,
    }


def _place(row: Any) -> dict[str, Any] | None:
    return None if row is None else {"slug": row.slug, "name": str(row)}
