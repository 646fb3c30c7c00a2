"""Store the pictures of the products in the sizes that pages show."""

import hashlib
from collections.abc import Iterator

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from catalog.models import ProductPhoto
from ecomsite.demo.drawing.canvas import SIZE
from ecomsite.demo.drawing.develop import SMALL_SIDE, Encoded
from ecomsite.demo.loading.catalogue import Keys
from ecomsite.demo.specification import ProductSpec


def load_photos(products: tuple[ProductSpec, ...], pictures: Iterator[Encoded], keys: Keys) -> None:
    photos = []
    for product, product_id, (whole, small) in zip(products, keys.products, pictures, strict=True):
        stem = f"photos/demo/{product.code.lower()}"
        name = default_storage.save(f"{stem}.webp", ContentFile(whole))
        small_name = default_storage.save(f"{stem}-small.webp", ContentFile(small))
        whole_size = {"name": name, "width": SIZE, "height": SIZE}
        photos.append(
            ProductPhoto(
                product_id=product_id,
                file=name,
                width=SIZE,
                height=SIZE,
                # The drawing is no larger than the middle size, so one file serves both.
                renditions={
                    "small": {"name": small_name, "width": SMALL_SIDE, "height": SMALL_SIDE},
                    "medium": whole_size,
                    "large": whole_size,
                },
                state=ProductPhoto.State.READY,
                alt_text=f"{product.name.zh} · {product.name.en}",
                sha256=hashlib.sha256(whole).hexdigest(),
            )
        )
    ProductPhoto.objects.bulk_create(photos, batch_size=300)
