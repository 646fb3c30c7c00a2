"""What to show to whom, for front ends of others."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import get_language
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Product
from customers.models import Consent
from customers.services.consents import read_consents
from ecomsite.api.access import PUBLIC, Access
from ecomsite.api.endpoints import Endpoint, person_of
from ecomsite.api.parsing import StrictSerializer, TypedNumberField, read_query
from ecomsite.api.v1 import products as shown
from insights.services.visitors import Visitor, customer_key
from recommendations.models import PlacementCode, Reason
from recommendations.models.placements import MOST_SHOWN
from recommendations.services.histories import MOST_VIEWED, Context
from recommendations.services.placing import Row, recommend_products

MOST_IN_CART = 50
# Those two put the products of a list in another order, which `products/` does.
ROWS = [
    (code, label)
    for code, label in PlacementCode.choices
    if code not in {PlacementCode.SEARCH, PlacementCode.CATEGORY}
]


class RecommendationQuerySerializer(StrictSerializer):
    placement = serializers.ChoiceField(ROWS)
    product = serializers.CharField(
        required=False, max_length=64, help_text="Code of the product whose page it is for."
    )
    viewed = serializers.ListField(
        child=serializers.CharField(max_length=64),
        required=False,
        max_length=MOST_VIEWED,
        help_text="Codes of products looked at on this visit, the last one first.",
    )
    cart = serializers.ListField(
        child=serializers.CharField(max_length=64),
        required=False,
        max_length=MOST_IN_CART,
        help_text="Codes of products in the cart, the last one last.",
    )
    visitor = serializers.RegexField(
        r"^[0-9a-f]{32}$",
        required=False,
        help_text="A random name of the browser, so that it stays in its arm of an experiment.",
    )
    size = TypedNumberField(required=False, min_value=1, max_value=MOST_SHOWN)


class RecommendedSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    product = shown.ProductSerializer()
    reason = serializers.ChoiceField(Reason.choices)
    sentence = serializers.CharField(help_text="Why it is shown, in the language asked for.")
    source = serializers.CharField(  # type: ignore[assignment]  # a field of the answer
        help_text="What chose it; send it back with impressions and clicks."
    )
    arm = serializers.CharField(allow_blank=True, help_text="Of an experiment; send it back too.")


class RecommendationsSerializer(serializers.Serializer[Any]):
    placement = serializers.CharField()
    title = serializers.CharField(allow_blank=True)
    served_by = serializers.CharField(help_text="Source of the first product.")
    results = RecommendedSerializer(many=True)


class RecommendationList(Endpoint):
    """Products for one place of a front end, with the reason for each.

    Without an account a visit is told by `viewed` and `cart`; nothing of it is kept. Somebody with
    an account also gets what follows from their own orders, if they allow it; where they do not,
    `viewed` is passed over. Codes that the shop does not have are passed over.
    """

    access: ClassVar[Mapping[str, Access]] = {"GET": PUBLIC}

    @extend_schema(
        operation_id="recommendations_list",
        parameters=[RecommendationQuerySerializer],
        responses=RecommendationsSerializer,
        tags=["recommendations"],
    )
    def get(self, request: Request) -> Response:
        asked = read_query(request, RecommendationQuerySerializer)
        row = recommend_products(
            placement=asked["placement"],
            visitor=_visitor(request, asked),
            context=_context(asked),
            limit=asked.get("size"),
        )
        response = Response(_as_json(row))
        response.headers["Cache-Control"] = "private, no-store"
        return response


def _visitor(request: Request, asked: Mapping[str, Any]) -> Visitor:
    person = person_of(request)
    wants_privacy = request.headers.get("Sec-GPC") == "1"
    if person is None:
        # Whoever sends what was looked at wants it to count; it is forgotten with the answer.
        return Visitor(
            key=asked.get("visitor", ""),
            language=get_language() or "",
            may_personalise=not wants_privacy,
        )
    allows = read_consents(user=person).get(Consent.Purpose.PERSONALISATION, False)
    return Visitor(
        key=asked.get("visitor", "") or customer_key(person.pk),
        customer_id=person.pk,
        language=get_language() or "",
        may_personalise=allows and not wants_privacy,
    )


def _context(asked: Mapping[str, Any]) -> Context:
    codes = [*asked.get("viewed", ()), *asked.get("cart", ())]
    if "product" in asked:
        codes.append(asked["product"])
    if not codes:
        return Context()
    rows = Product.objects.published().filter(code__in=codes).values_list("code", "pk")
    keys = dict(rows.order_by())
    return Context(
        product_id=keys.get(asked.get("product", "")),
        viewed=[keys[code] for code in asked.get("viewed", ()) if code in keys],
        cart=[keys[code] for code in asked.get("cart", ()) if code in keys],
    )


def _as_json(row: Row) -> dict[str, Any]:
    products = (
        Product.objects.published().for_cards().in_bulk([each.product.pk for each in row.shown])
        if row.shown
        else {}
    )
    return {
        "placement": row.placement,
        "title": row.title,
        "served_by": row.served_by,
        "results": [
            {
                "position": each.position,
                "product": shown.product_as_json(products[each.product.pk]),
                "reason": each.reason.value,
                "sentence": each.sentence,
                "source": each.source,
                "arm": each.arm,
            }
            for each in row.shown
            if each.product.pk in products
        ],
    }
