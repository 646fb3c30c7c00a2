"""Reviews of products: read by all, written by customers."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Product
from catalog.services.photos import read_upload
from ecomsite.api import scopes
from ecomsite.api.access import PUBLIC, Access
from ecomsite.api.endpoints import Endpoint, ListEndpoint, account_of, idempotent
from ecomsite.api.parsing import BoundedFormParser, StrictSerializer, UnitsField, read_body
from ecomsite.api.v1.catalogue import find_product
from ecomsite.api.v1.products import PhotoSerializer, photo_as_json
from orders.services.purchases import has_received
from support.models import Review
from support.services import review_photos, reviews, votes
from support.services.reviews import MAX_TEXT, MAX_TITLE


class ReviewSerializer(serializers.ModelSerializer[Review]):
    photos = serializers.SerializerMethodField()

    class Meta:
        model = Review
        fields = (
            "id",
            "stars",
            "title",
            "text",
            "author_name",
            "language",
            "is_verified_purchase",
            "status",
            "helpful_count",
            "written_at",
            "edited_at",
            "reply",
            "replied_at",
            "photos",
        )

    @extend_schema_field(PhotoSerializer(many=True))
    def get_photos(self, review: Any) -> list[dict[str, Any]]:
        return [photo_as_json(photo) for photo in getattr(review, "shown_photos", ())]


class WritingSerializer(StrictSerializer):
    stars = UnitsField(min_value=1, max_value=5)
    title = serializers.CharField(
        max_length=MAX_TITLE, required=False, allow_blank=True, default=""
    )
    text = serializers.CharField(max_length=MAX_TEXT)
    author_name = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")


class ReviewList(ListEndpoint):
    """What customers say about a product; a POST adds the one review of the customer."""

    access: ClassVar[Mapping[str, Access]] = {"GET": PUBLIC, "POST": Access(scopes.SHOP)}
    serializer_class = ReviewSerializer
    queryset = Review.objects.none()
    write_throttle_scope = "api-reviews"

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        product = find_product(self.kwargs["code"])
        return Review.objects.published().filter(product=product).for_pages()

    @extend_schema(operation_id="reviews_list", tags=["reviews"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="reviews_write",
        request=WritingSerializer,
        responses={201: ReviewSerializer},
        tags=["reviews"],
    )
    @idempotent(is_required=False)
    def post(self, request: Request, code: str) -> Response:
        sent = read_body(request, WritingSerializer)
        product, author = find_product(code), account_of(request)
        review = reviews.add_review(
            product=product,
            author=author,
            is_verified_purchase=has_received(customer=author, product=product),
            **sent,
        )
        return Response(ReviewSerializer(review).data, status=201)


class ReviewPhotoUploadSerializer(serializers.Serializer[Any]):
    photos = serializers.ListField(child=serializers.FileField())


class ReviewPhotoList(Endpoint):
    """Photos of one's own review, sent as a form: it is shown again once staff have seen them."""

    access: ClassVar[Mapping[str, Access]] = {"POST": Access(scopes.SHOP)}
    parser_classes = (BoundedFormParser,)  # type: ignore[assignment]  # a form, not JSON
    write_throttle_scope = "api-reviews"

    @extend_schema(
        operation_id="reviews_photos_add",
        request={"multipart/form-data": ReviewPhotoUploadSerializer},
        responses={201: ReviewSerializer},
        tags=["reviews"],
    )
    def post(self, request: Request, key: int) -> Response:
        author = account_of(request)
        review = get_object_or_404(Review.objects.by(author), pk=key)
        uploads = request.FILES.getlist("photos")
        if not uploads:
            raise ValidationError({"photos": [_("Send at least one photo.")]})
        # More than there may be are refused before one of them is read.
        review_photos.check_count(len(uploads))
        review = reviews.edit_review(
            review=review,
            author=author,
            stars=review.stars,
            title=review.title,
            text=review.text,
            author_name=review.author_name,
            is_verified_purchase=review.is_verified_purchase,
            photos=[read_upload(upload) for upload in uploads],
        )
        return Response(ReviewSerializer(review).data, status=201)


class ReviewVoting(Endpoint):
    """Say that a review helped, or take that back. Either twice is the same as once."""

    access: ClassVar[Mapping[str, Access]] = {
        "PUT": Access(scopes.SHOP),
        "DELETE": Access(scopes.SHOP),
    }

    @extend_schema(
        operation_id="reviews_vote", request=None, responses=ReviewSerializer, tags=["reviews"]
    )
    def put(self, request: Request, key: int) -> Response:
        review = _published(key)
        votes.add_vote(review=review, voter=account_of(request))
        return _told(review)

    @extend_schema(
        operation_id="reviews_vote_take_back", responses={200: ReviewSerializer}, tags=["reviews"]
    )
    def delete(self, request: Request, key: int) -> Response:
        review = _published(key)
        votes.remove_vote(review=review, voter=account_of(request))
        return _told(review)


def _published(key: int) -> Review:
    shown = Review.objects.published().filter(product__status=Product.Status.PUBLISHED)
    return get_object_or_404(shown, pk=key)


def _told(review: Review) -> Response:
    return Response(ReviewSerializer(Review.objects.for_pages().get(pk=review.pk)).data)
