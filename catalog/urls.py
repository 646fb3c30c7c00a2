"""JSON endpoints of the catalogue, below `/api/catalog/`."""

from django.urls import path

from catalog import api

app_name = "catalog"

urlpatterns = [
    path("products/<str:code>/photos/", api.ProductPhotoList.as_view(), name="product-photo-list"),
    path("photos/<int:pk>/", api.ProductPhotoDetail.as_view(), name="photo-detail"),
]
