"""JSON endpoints of the catalogue, below `/api/catalog/`."""

from django.urls import path, re_path

from catalog import api

app_name = "catalog"

urlpatterns = [
    # PostgreSQL refuses to look for a NUL.
    re_path(
        r"^products/(?P<code>[^/\x00-\x1f\x7f]{1,255})/photos/$",
        api.ProductPhotoList.as_view(),
        name="product-photo-list",
    ),
    path("photos/<int:pk>/", api.ProductPhotoDetail.as_view(), name="photo-detail"),
]
