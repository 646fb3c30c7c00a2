"""JSON for programs of the shop: photos in, what was seen on them out."""

from typing import Any, cast

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.files.uploadedfile import UploadedFile
from django.shortcuts import get_object_or_404
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from catalog.models import PhotoClassification, Product, ProductPhoto
from catalog.services import photos
from catalog.services.photo_labels import label_title

# What the other fields and the boundaries of the form may take beside the file.
FORM_BYTES = 64 * 1024


class UploadTooLargeError(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = "The upload is too large."
    default_code = "too_large"


class PhotoPermission(BasePermission):
    """Staff who may add photos to this product, or look at this photo."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        needed = "catalog.add_productphoto"
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            needed = "catalog.view_productphoto"
        return bool(request.user.is_staff and request.user.has_perm(needed))

    def has_object_permission(
        self, request: Request, view: APIView, obj: Product | ProductPhoto
    ) -> bool:
        product = obj if isinstance(obj, Product) else obj.product
        return request.method == "GET" or photos.may_change_photos(
            product=product, user=request.user
        )


class UploadSerializer(serializers.Serializer[dict[str, Any]]):
    file = serializers.FileField(allow_empty_file=True)
    alt_text = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")


class ProductPhotoList(APIView):
    """POST a file as `file` to add a photo; it is prepared and classified in the background."""

    parser_classes = [MultiPartParser]
    permission_classes = [PhotoPermission]
    throttle_scope = "uploads"

    def post(self, request: Request, code: str) -> Response:
        # Before the body is read.
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.UPLOAD_MAX_BYTES + FORM_BYTES:
            raise UploadTooLargeError
        product = get_object_or_404(Product, code=code)
        self.check_object_permissions(request, product)
        form = UploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        upload: UploadedFile[bytes] = form.validated_data["file"]
        photo = photos.add_photo(
            product=product,
            content=photos.read_upload(upload),
            uploaded_by=cast("AbstractBaseUser", request.user),
            alt_text=form.validated_data["alt_text"],
        )
        return Response(photo_as_json(photo), status=status.HTTP_201_CREATED)


class ProductPhotoDetail(APIView):
    permission_classes = [PhotoPermission]

    def get(self, request: Request, pk: int) -> Response:
        photo = get_object_or_404(ProductPhoto.objects.select_related("product"), pk=pk)
        self.check_object_permissions(request, photo)
        return Response(photo_as_json(photo))


def photo_as_json(photo: ProductPhoto) -> dict[str, Any]:
    seen = (
        photo.classifications.exclude(status=PhotoClassification.ReviewStatus.SUPERSEDED)
        .select_related("category", "model_version")
        .first()
    )
    return {
        "id": photo.pk,
        "product": photo.product.code,
        "state": photo.state,
        "width": photo.width,
        "height": photo.height,
        "sizes": {
            name: {
                "url": photo.file.storage.url(size["name"]),
                "width": size["width"],
                "height": size["height"],
            }
            for name, size in photo.renditions.items()
        },
        "classification": None if seen is None else _seen_as_json(seen),
    }


def _seen_as_json(seen: PhotoClassification) -> dict[str, Any]:
    return {
        "label": seen.final_label,
        "title": label_title(seen.final_label),
        "category": None if seen.category is None else seen.category.slug,
        "confidence": seen.confidence,
        "runner_up": seen.runner_up_label,
        "runner_up_confidence": seen.runner_up_confidence,
        "status": seen.status,
        "needs_person": seen.needs_person,
        "heat_map": seen.heat_map.url if seen.heat_map else None,
        "model_version": None if seen.model_version is None else str(seen.model_version),
    }
