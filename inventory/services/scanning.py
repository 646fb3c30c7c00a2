"""From what a scanner or a camera saw to the SKU it stands on."""

from typing import Final

import numpy as np
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Case, IntegerField, Q, Value, When

from catalog.models import Sku
from catalog.services.photos import read_upload
from catalog.services.pictures import read_upload_pixels
from inventory.algorithms.barcodes import read_symbols
from inventory.errors import NoBarcodeError, UnknownSkuError

MAX_LENGTH: Final = 64
# A label fills a good part of the picture; more pixels only cost time.
SIDE: Final = 1600


def find_sku(typed: str) -> Sku:
    """By barcode, or by the shop's own code in any case. Raises UnknownSkuError.

    A scanner set to UPC-A leaves out the zero that the same code begins with as EAN-13.
    """
    text = typed.strip()
    if not text or len(text) > MAX_LENGTH or "\x00" in text:
        raise UnknownSkuError(typed)
    codes = [text, f"0{text}"] if len(text) == 12 and text.isdigit() else [text]
    known = Sku.objects.select_related("product").filter(
        Q(code__iexact=text) | Q(barcode__in=codes)
    )
    # What is for sale comes before what only shares its barcode.
    exact = Case(When(code=text, then=Value(0)), default=Value(1), output_field=IntegerField())
    sku = known.order_by(exact, "-is_active", "pk").first()
    if sku is None:
        raise UnknownSkuError(typed)
    return sku


def read_picture(upload: "UploadedFile[bytes]") -> str:
    """The code on a picture; where there are several, one that the shop knows.

    The picture passes the one way in for uploads and is not kept.
    Raises PhotoRefusedError, NoBarcodeError.
    """
    content = read_upload(upload)
    pixels = read_upload_pixels(content=content, max_bytes=settings.UPLOAD_MAX_BYTES)
    pixels.thumbnail((SIDE, SIDE))
    texts = read_symbols(np.asarray(pixels.convert("L")))
    if not texts:
        raise NoBarcodeError
    for text in texts:
        try:
            find_sku(text)
        except UnknownSkuError:
            continue
        return text
    return texts[0][:MAX_LENGTH]
