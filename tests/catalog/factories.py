"""Photos of products, as they stand after each step."""

from itertools import count
from typing import Any

import numpy as np

from catalog.algorithms.backbone import N_FEATURES, load_backbone
from catalog.algorithms.photo_classifier import PhotoClassifier
from catalog.models import Category, PhotoClassification, PhotoEmbedding, Product, ProductPhoto
from catalog.pipelines import shipped_head
from catalog.services import photo_classification, photos
from learning import artefacts
from learning.models import ModelVersion
from learning.services import publishing
from tests.catalog.algorithms.pictures import make_jpeg
from tests.factories import A_DAY, make_model_version, make_product

_numbers = count(1)


def make_photo(**fields: Any) -> ProductPhoto:
    """Uploaded, not yet prepared."""
    number = next(_numbers)
    defaults: dict[str, Any] = {"content": make_jpeg(seed=number)}
    if "product" not in fields:
        defaults["product"] = make_product()
    return photos.add_photo(**{**defaults, **fields})


def make_ready_photo(**fields: Any) -> ProductPhoto:
    return photos.prepare_photo(photo=make_photo(**fields))


def publish_head(head: PhotoClassifier) -> ModelVersion:
    """A head as a version of its own, published."""
    data = head.to_bytes()
    stored = artefacts.store(
        pipeline=photo_classification.PIPELINE, data=data, file_format=head.format
    )
    version = make_model_version(
        pipeline=photo_classification.PIPELINE,
        file=stored.name,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
    )
    return publishing.publish_version(version=version, as_of=A_DAY)


def publish_shipped_head() -> ModelVersion:
    return publish_head(shipped_head())


def make_labelled_photo(
    *, label: str, vector: np.ndarray[Any, Any], product: Product, **fields: Any
) -> PhotoClassification:
    """A photo that a person named, with a vector of our choice instead of a picture's."""
    photo = ProductPhoto.objects.create(
        product=product,
        file="photos/none.webp",
        width=1,
        height=1,
        state=ProductPhoto.State.READY,
        sha256=f"{next(_numbers):064}",
    )
    assert vector.shape == (N_FEATURES,)
    PhotoEmbedding.objects.create(
        photo=photo,
        backbone_sha256=load_backbone().sha256,
        vector=photo_classification.pack(vector.astype(np.float32)),
    )
    return PhotoClassification.objects.create(
        **{
            "photo": photo,
            "label": label,
            "status": PhotoClassification.ReviewStatus.ACCEPTED,
            **fields,
        }
    )


def label_category(category: Category, *labels: str) -> Category:
    category.photo_labels = list(labels)
    category.save()
    return category
