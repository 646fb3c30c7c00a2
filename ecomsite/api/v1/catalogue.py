"""The catalogue: categories, products, searching. Reads that a client may keep."""

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import F, Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Category, Product
from catalog.services import browsing, paging, suggesting
from catalog.services.versions import catalogue_version
from ecomsite.api.access import PUBLIC, Access
from ecomsite.api.endpoints import Endpoint
from ecomsite.api.errors import InvalidCursorError
from ecomsite.api.parsing import StrictSerializer, TypedNumberField, read_query
from ecomsite.api.v1 import products as shown
from inventory.services.availability import free_units
from orders.services.carts import MOST_UNITS

MOST_CATEGORIES = 2_000
NOT_MODIFIED = OpenApiResponse(description="It is what the ETag sent along stands for.")
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="ETag of what the client has; 304 where that still holds.",
)


class CatalogueEndpoint(Endpoint):
    """Answers 304 while customers would see the same; costs no statement then."""

    access: ClassVar[Mapping[str, Access]] = {"GET": PUBLIC}

    def read(self, request: Request, **place: Any) -> Any:
        raise NotImplementedError

    def get(self, request: Request, **place: Any) -> Response:
        # Asked before anything is read: what changes meanwhile makes a new name.
        etag = _etag(request)
        if etag and _has_it(request, etag):
            response = Response(status=304)
        else:
            response = Response(self.read(request, **place))
        if etag:
            response.headers["ETag"] = etag
            response.headers["Cache-Control"] = "no-cache"
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response


def _etag(request: Request) -> str:
    """Weak, since a proxy may compress what it stands for; empty while the cache is down."""
    version = catalogue_version()
    if not version:
        return ""
    told = f"{version}|{get_language()}|{request.get_full_path()}"
    return f'W/"{hashlib.sha256(told.encode()).hexdigest()[:32]}"'


def _has_it(request: Request, etag: str) -> bool:
    known = parse_etags(request.headers.get("If-None-Match", ""))
    return "*" in known or etag.removeprefix("W/") in {tag.removeprefix("W/") for tag in known}


class ProductQuerySerializer(StrictSerializer):
    open_prefix = "attr_"

    q = serializers.CharField(
        required=False, max_length=200, allow_blank=True, help_text="Words, in either language."
    )
    category = serializers.SlugField(
        required=False, max_length=120, help_text="Slug, with all below it."
    )
    brand = serializers.ListField(
        child=serializers.SlugField(max_length=120),
        required=False,
        max_length=30,
        help_text="Slugs; several widen the list.",
    )
    price_min = serializers.RegexField(
        r"^[0-9]{1,9}(\.[0-9]{1,2})?$", required=False, help_text="As people write it: 19.90."
    )
    price_max = serializers.RegexField(r"^[0-9]{1,9}(\.[0-9]{1,2})?$", required=False)
    stock = serializers.ChoiceField(["1"], required=False, help_text="Only what can be bought.")
    offer = serializers.ChoiceField(["1"], required=False, help_text="Only what is reduced.")
    rating = serializers.ChoiceField(
        ["1", "2", "3", "4", "5"], required=False, help_text="At least so many stars."
    )
    ordering = serializers.ChoiceField(list(browsing.ORDERINGS), required=False)
    cursor = serializers.CharField(required=False, max_length=300)
    size = TypedNumberField(
        required=False, min_value=1, max_value=browsing.MOST_PER_PAGE, default=24
    )


class OptionSerializer(serializers.Serializer[Any]):
    value = serializers.CharField()
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # a field of the answer
    count = serializers.IntegerField(help_text="How many products choosing it leaves.")
    is_selected = serializers.BooleanField()


class FacetSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Name of the parameter.")
    title = serializers.CharField(allow_blank=True)
    options = OptionSerializer(many=True)


class ShelfSerializer(serializers.Serializer[Any]):
    results = shown.ProductSerializer(many=True)
    next_cursor = serializers.CharField(allow_null=True)
    previous_cursor = serializers.CharField(allow_null=True)
    total = serializers.IntegerField(help_text="Products that pass all filters.")
    ordering = serializers.CharField()
    correction = serializers.CharField(
        allow_blank=True, help_text="What was searched for instead, where words were mistyped."
    )
    is_loosened = serializers.BooleanField(help_text="Nothing has all the words.")
    facets = FacetSerializer(many=True)


class ProductList(CatalogueEndpoint):
    """The products of a category or a search, with what they can be narrowed by.

    Attributes narrow by parameters `attr_CODE=VALUE`, as the facets name them.
    """

    @extend_schema(
        operation_id="products_list",
        parameters=[ProductQuerySerializer, IF_NONE_MATCH],
        responses={200: ShelfSerializer, 304: NOT_MODIFIED},
        tags=["catalogue"],
    )
    def get(self, request: Request, **place: Any) -> Response:
        return super().get(request, **place)

    def read(self, request: Request, **place: Any) -> Any:
        asked = read_query(request, ProductQuerySerializer)
        category = None
        if slug := asked.get("category"):
            category = get_object_or_404(Category.objects.all(), slug=slug)
        shelf = browsing.browse(
            category=category,
            text=asked.get("q", ""),
            filters=browsing.parse_filters(request.query_params),
            ordering=asked.get("ordering", ""),
            cursor=_checked_cursor(asked),
            size=asked["size"],
        )
        return {
            "results": [shown.product_as_json(product) for product in _products_of(shelf)],
            "next_cursor": shelf.next_cursor or None,
            "previous_cursor": shelf.previous_cursor or None,
            "total": shelf.total,
            "ordering": shelf.ordering,
            "correction": shelf.correction,
            "is_loosened": shelf.is_loosened,
            "facets": [
                {
                    "code": facet.code,
                    "title": facet.title,
                    "options": [
                        {
                            "value": option.value,
                            "label": option.label,
                            "count": option.count,
                            "is_selected": option.is_selected,
                        }
                        for option in facet.options
                    ],
                }
                for facet in shelf.facets
            ],
        }


def _checked_cursor(asked: Mapping[str, Any]) -> str:
    """Pages for people begin anew at a damaged cursor; a program is told."""
    cursor: str = asked.get("cursor", "")
    name = asked.get("ordering", "")
    ordering = paging.ORDERINGS.get(name)
    if ordering is None and asked.get("q"):
        name, ordering = browsing.DEFAULT_SEARCH_ORDERING, paging.Ordering((F("pk"),))
    elif ordering is None:
        name = browsing.DEFAULT_ORDERING
        ordering = paging.ORDERINGS[name]
    if cursor and paging.read_cursor(cursor, name=name, ordering=ordering) is None:
        raise InvalidCursorError
    return cursor


class ProductDetail(CatalogueEndpoint):
    """One product with its SKUs, by its code or its slug."""

    @extend_schema(
        operation_id="products_read",
        parameters=[IF_NONE_MATCH],
        responses={200: shown.ProductDetailSerializer, 304: NOT_MODIFIED},
        tags=["catalogue"],
    )
    def get(self, request: Request, **place: Any) -> Response:
        return super().get(request, **place)

    def read(self, request: Request, **place: Any) -> Any:
        product = find_product(place["code"])
        return shown.product_detail_as_json(product)


class ProductAvailability(Endpoint):
    """How many units of each SKU could be put in a cart at this moment; never kept."""

    access: ClassVar[Mapping[str, Access]] = {"GET": PUBLIC}

    @extend_schema(
        operation_id="products_availability",
        responses=shown.UnitsOfSkuSerializer(many=True),
        tags=["catalogue"],
    )
    def get(self, request: Request, code: str) -> Response:
        skus = [sku for sku in find_product(code).skus.all() if sku.is_active]
        units = free_units(sku_ids=[sku.pk for sku in skus])
        return Response(
            [
                {"sku": sku.code, "units": max(0, min(units.get(sku.pk, 0), MOST_UNITS))}
                for sku in skus
            ]
        )


class CategoryList(CatalogueEndpoint):
    """The whole tree, each category after the one above it."""

    @extend_schema(
        operation_id="categories_list",
        parameters=[IF_NONE_MATCH],
        responses={200: shown.CategorySerializer(many=True), 304: NOT_MODIFIED},
        tags=["catalogue"],
    )
    def get(self, request: Request, **place: Any) -> Response:
        return super().get(request, **place)

    def read(self, request: Request, **place: Any) -> Any:
        rows = list(Category.objects.all()[:MOST_CATEGORIES])
        parents = {row.path: row.slug for row in rows}
        return [shown.category_as_json(row, parents) for row in rows]


class SuggestionQuerySerializer(StrictSerializer):
    q = serializers.CharField(max_length=200, allow_blank=True)
    size = TypedNumberField(required=False, min_value=1, max_value=20, default=8)


class SuggestedPlaceSerializer(shown.PlaceSerializer):
    kind = serializers.ChoiceField(["category", "brand"])


class SuggestedProductSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    price_from_minor = serializers.IntegerField(allow_null=True)
    currency = serializers.CharField(allow_blank=True)


class SuggestionsSerializer(serializers.Serializer[Any]):
    completions = serializers.ListField(child=serializers.CharField())
    places = SuggestedPlaceSerializer(many=True)
    products = SuggestedProductSerializer(many=True)


class SuggestionList(CatalogueEndpoint):
    """What to offer while somebody types."""

    @extend_schema(
        operation_id="suggestions_list",
        parameters=[SuggestionQuerySerializer, IF_NONE_MATCH],
        responses={200: SuggestionsSerializer, 304: NOT_MODIFIED},
        tags=["catalogue"],
    )
    def get(self, request: Request, **place: Any) -> Response:
        return super().get(request, **place)

    def read(self, request: Request, **place: Any) -> Any:
        asked = read_query(request, SuggestionQuerySerializer)
        found = suggesting.suggest(asked["q"], limit=asked["size"])
        return {
            "completions": list(found.completions),
            "places": [
                {"kind": place.kind, "name": place.name, "slug": place.slug}
                for place in found.places
            ],
            "products": [
                {
                    "slug": product.slug,
                    "name": str(product),
                    "price_from_minor": product.price_from_minor,
                    "currency": product.price_currency,
                }
                for product in found.products
            ],
        }


def find_product(code: str) -> Product:
    """A published product by its code, else by its slug. Raises Http404."""
    products = Product.objects.published().for_cards()
    rows = list(
        products.filter(Q(code=code) | Q(slug=code)).prefetch_related(
            "skus", "attributes__attribute"
        )[:2]
    )
    if not rows:
        raise Http404
    found: Product = min(rows, key=lambda one: one.code != code)
    return found


def _products_of(shelf: browsing.Shelf) -> list[Product]:
    """What stands on a shelf, with what programs are told beside its cards."""
    keys = [card.pk for card in shelf.products]
    found = Product.objects.published().for_cards().in_bulk(keys)
    return [found[key] for key in keys if key in found]
