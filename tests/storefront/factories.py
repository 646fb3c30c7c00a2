"""Photos and reviews as pages show them."""

from itertools import count
from typing import Any

from catalog.models import Product, ProductPhoto
from support.models import Review, ReviewPhoto

_numbers = count(1)


def make_renditions(name: str) -> dict[str, Any]:
    return {
        size: {"name": f"photos/{name}-{size}.webp", "width": side, "height": side}
        for size, side in (("small", 320), ("medium", 800), ("large", 1600))
    }


def make_photo(product: Product, **fields: Any) -> ProductPhoto:
    """A photo that pages show; there is no file behind it."""
    number = next(_numbers)
    return ProductPhoto.objects.create(
        **{
            "product": product,
            "file": "photos/cup.webp",
            "width": 1600,
            "height": 1600,
            "sha256": f"{number:064}",
            "state": ProductPhoto.State.READY,
            "renditions": make_renditions("cup"),
            **fields,
        }
    )


def make_review_photo(review: Review, **fields: Any) -> ReviewPhoto:
    number = next(_numbers)
    return ReviewPhoto.objects.create(
        **{
            "review": review,
            "file": "photos/reviews/seen.webp",
            "sha256": f"{number:064}",
            "state": ReviewPhoto.State.READY,
            "renditions": make_renditions(f"seen-{number}"),
            **fields,
        }
    )
