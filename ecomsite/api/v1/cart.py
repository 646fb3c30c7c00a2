"""The cart, and what it costs. Guests hold its token, customers find theirs by logging in."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Sku
from ecomsite.api import scopes
from ecomsite.api.access import Access
from ecomsite.api.endpoints import (
    CART_TOKEN_HEADER,
    Endpoint,
    cart_token_of,
    idempotent,
    person_of,
)
from ecomsite.api.parsing import (
    StrictSerializer,
    TypedNumberField,
    UnitsField,
    read_body,
    read_query,
)
from ecomsite.api.schema import ErrorSerializer
from ecomsite.api.services import ordering
from ecomsite.api.v1.products import absolute
from orders.errors import CartChangedError, CodeRefusedError, EmptyBasketError
from orders.models import Cart, ShippingMethod
from orders.services import carts, checkout, discounts, payments
from orders.services.carts import MOST_CODES, MOST_UNITS, CartContents
from orders.services.quotes import Quote

SHOPPER = Access(scopes.SHOP, is_for_guests=True)
CART_TOKEN = OpenApiParameter(
    CART_TOKEN_HEADER,
    {"type": "string", "maxLength": 64},
    OpenApiParameter.HEADER,
    description="Of a guest: `token` of the cart, as it was given when something was put in.",
)


CANNOT_BE_QUOTED = OpenApiResponse(
    ErrorSerializer, description="Nothing is in the cart, or it cannot be delivered so."
)


class LineAdditionSerializer(StrictSerializer):
    sku = serializers.CharField(max_length=64)
    quantity = UnitsField(min_value=1, max_value=MOST_UNITS, required=False, default=1)


class LineChangeSerializer(StrictSerializer):
    quantity = UnitsField(min_value=1, max_value=MOST_UNITS)


class CodesSerializer(StrictSerializer):
    codes = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=MOST_CODES, allow_empty=True
    )


class CartLineSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    sku = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    url = serializers.URLField()
    quantity = serializers.IntegerField()
    possible = serializers.IntegerField(help_text="Units that could be set aside for it now.")
    is_for_sale = serializers.BooleanField()
    unit_price_minor = serializers.IntegerField()
    price_before_minor = serializers.IntegerField(
        allow_null=True, help_text="When it was put in, where it is another one now."
    )


class CartSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(
        allow_null=True, help_text="Of a guest's cart: a secret to send with what follows."
    )
    units = serializers.IntegerField()
    codes = serializers.ListField(child=serializers.CharField())
    can_be_ordered = serializers.BooleanField()
    lines = CartLineSerializer(many=True)


class QuoteQuerySerializer(StrictSerializer):
    country = serializers.RegexField(
        r"^[A-Z]{2}$", required=False, help_text="Two letters; the shop's own where left out."
    )
    shipping_method = TypedNumberField(
        required=False, min_value=1, max_value=10**9, help_text="`id` of one that was offered."
    )


class DiscountSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(allow_blank=True)
    code = serializers.CharField(allow_blank=True)
    amount_minor = serializers.IntegerField()


class TaxSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(allow_blank=True)
    basis_points = serializers.IntegerField()
    amount_minor = serializers.IntegerField()
    is_included = serializers.BooleanField()


class RejectedCodeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    reason = serializers.CharField()


class ShippingOfferSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField(allow_blank=True)
    price_minor = serializers.IntegerField()
    earliest_on = serializers.DateField()
    latest_on = serializers.DateField()


class PaymentChoiceSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField(allow_blank=True)


class QuoteSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    goods_minor = serializers.IntegerField()
    discount_minor = serializers.IntegerField()
    shipping_minor = serializers.IntegerField(help_text="0 until a method is named.")
    tax_minor = serializers.IntegerField(help_text="On top of the prices.")
    tax_included_minor = serializers.IntegerField()
    total_minor = serializers.IntegerField(help_text="Send it as `seen_total_minor` to order.")
    discounts = DiscountSerializer(many=True)
    taxes = TaxSerializer(many=True)
    rejected_codes = RejectedCodeSerializer(many=True)
    hints = serializers.ListField(child=serializers.CharField())
    shipping_methods = ShippingOfferSerializer(many=True)
    payment_methods = PaymentChoiceSerializer(many=True)


class CartDetail(Endpoint):
    """What is in the cart; nothing while there is none."""

    access: ClassVar[Mapping[str, Access]] = {"GET": SHOPPER}

    @extend_schema(
        operation_id="cart_read", parameters=[CART_TOKEN], responses=CartSerializer, tags=["cart"]
    )
    def get(self, request: Request) -> Response:
        return _answer(request)


class CartLineList(Endpoint):
    """Put units in, as many as there are; the cart is made when there is none."""

    access: ClassVar[Mapping[str, Access]] = {"POST": SHOPPER}

    @extend_schema(
        operation_id="cart_lines_add",
        parameters=[CART_TOKEN],
        request=LineAdditionSerializer,
        responses={201: CartSerializer},
        tags=["cart"],
    )
    @idempotent(is_required=False)
    def post(self, request: Request) -> Response:
        sent = read_body(request, LineAdditionSerializer)
        sku: Sku = get_object_or_404(Sku.objects.all(), code=sent["sku"])
        change = carts.add_to_cart(
            customer=person_of(request),
            token=cart_token_of(request),
            sku_id=sku.pk,
            quantity=sent["quantity"],
        )
        return _answer(request, token=change.cart.token, status=201)


class CartLineDetail(Endpoint):
    access: ClassVar[Mapping[str, Access]] = {"PATCH": SHOPPER, "DELETE": SHOPPER}

    @extend_schema(
        operation_id="cart_lines_change",
        description="Have so many units of a line, or as many as there are.",
        parameters=[CART_TOKEN],
        request=LineChangeSerializer,
        responses=CartSerializer,
        tags=["cart"],
    )
    def patch(self, request: Request, key: int) -> Response:
        sent = read_body(request, LineChangeSerializer)
        carts.set_quantity(cart=_own_cart(request), line_id=key, quantity=sent["quantity"])
        return _answer(request)

    @extend_schema(
        operation_id="cart_lines_remove",
        description="Take a line out.",
        parameters=[CART_TOKEN],
        responses={200: CartSerializer},
        tags=["cart"],
    )
    def delete(self, request: Request, key: int) -> Response:
        carts.remove_line(cart=_own_cart(request), line_id=key)
        return _answer(request)


class CartCodes(Endpoint):
    """Which discounts the customer asks for; a new code that does not apply is refused."""

    access: ClassVar[Mapping[str, Access]] = {"PUT": SHOPPER}
    # Guessing codes must not be cheap.
    write_throttle_scope = "api-codes"

    @extend_schema(
        operation_id="cart_codes_set",
        parameters=[CART_TOKEN],
        request=CodesSerializer,
        responses=CartSerializer,
        tags=["cart"],
    )
    def put(self, request: Request) -> Response:
        asked = discounts.normalise_codes(read_body(request, CodesSerializer)["codes"])
        contents = _contents(request)
        if contents is None:
            raise EmptyBasketError
        before = set(contents.cart.codes)
        contents.cart.codes = list(asked)
        quote = ordering.quote_contents(
            contents=contents,
            customer=person_of(request),
            country=_country(contents),
            method=None,
        )
        for rejected in quote.rejected_codes:
            if rejected.code not in before:
                raise CodeRefusedError(rejected.code, reason=rejected.reason)
        carts.set_codes(cart=contents.cart, codes=list(asked))
        return _answer(request)


class CartQuote(Endpoint):
    """What the cart costs delivered to a country, how it can come and how it can be paid."""

    access: ClassVar[Mapping[str, Access]] = {"GET": SHOPPER}

    @extend_schema(
        operation_id="cart_quote",
        parameters=[QuoteQuerySerializer, CART_TOKEN],
        responses={200: QuoteSerializer, 409: CANNOT_BE_QUOTED},
        tags=["cart"],
    )
    def get(self, request: Request) -> Response:
        asked = read_query(request, QuoteQuerySerializer)
        contents = _contents(request)
        if contents is None or not contents.for_sale:
            raise EmptyBasketError
        country = asked.get("country") or _country(contents)
        method: ShippingMethod | None = None
        if key := asked.get("shipping_method"):
            method = get_object_or_404(ShippingMethod.objects.filter(is_active=True), pk=key)
        quote = ordering.quote_contents(
            contents=contents, customer=person_of(request), country=country, method=method
        )
        return Response(_quote_as_json(contents, quote, country))


def _quote_as_json(contents: CartContents, quote: Quote, country: str) -> dict[str, Any]:
    offers = checkout.offers_for(contents=contents, country=country, quote=quote)
    choices = payments.available_providers(
        country=country, currency=quote.currency, total_minor=quote.total_minor
    )
    return {
        **{
            name: getattr(quote, name)
            for name in (
                "currency",
                "goods_minor",
                "discount_minor",
                "shipping_minor",
                "tax_minor",
                "tax_included_minor",
                "total_minor",
            )
        },
        "discounts": DiscountSerializer(quote.discounts, many=True).data,
        "taxes": TaxSerializer(quote.taxes, many=True).data,
        "rejected_codes": RejectedCodeSerializer(quote.rejected_codes, many=True).data,
        "hints": list(quote.hints),
        "shipping_methods": [
            {
                "id": offer.method.pk,
                "name": str(offer.method),
                "price_minor": offer.price_minor,
                "earliest_on": offer.earliest_on.isoformat(),
                "latest_on": offer.latest_on.isoformat(),
            }
            for offer in offers
        ],
        "payment_methods": PaymentChoiceSerializer(choices, many=True).data,
    }


def _contents(request: Request) -> CartContents | None:
    return carts.read_cart(customer=person_of(request), token=cart_token_of(request))


def _own_cart(request: Request) -> Cart:
    cart = carts.find_cart(customer=person_of(request), token=cart_token_of(request))
    if cart is None:
        raise CartChangedError
    return cart


def _country(contents: CartContents) -> str:
    address = contents.checkout.address if contents.checkout else {}
    return str(address.get("country") or settings.SHOP_COUNTRY)


def _answer(request: Request, *, token: str = "", status: int = 200) -> Response:
    person = person_of(request)
    token = token or cart_token_of(request)
    contents = carts.read_cart(customer=person, token=token)
    if contents is None:
        empty: dict[str, Any] = {
            "token": None,
            "units": 0,
            "codes": [],
            "can_be_ordered": False,
            "lines": [],
        }
        return Response(empty, status=status)
    told = {
        "token": token if person is None else None,
        "units": contents.units,
        "codes": contents.cart.codes,
        "can_be_ordered": contents.can_be_ordered,
        "lines": [
            {
                "id": item.line.pk,
                "sku": item.sku.code,
                "name": f"{item.sku.product} {item.sku.name}".strip(),
                "url": absolute(item.sku.product.get_absolute_url()),
                "quantity": item.line.quantity,
                "possible": item.possible,
                "is_for_sale": item.is_for_sale,
                "unit_price_minor": item.sku.price_minor,
                "price_before_minor": item.price_before_minor,
            }
            for item in contents.items
        ],
    }
    return Response(told, status=status)
