"""What is printed on labels, and what a scanner or camera finds by them."""

import io
import re
from typing import Any

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from catalog.errors import PhotoRefusedError
from catalog.models import Sku
from inventory.algorithms.barcodes import Kind, draw_symbol
from inventory.errors import NoBarcodeError, TooManyLabelsError, UnknownSkuError
from inventory.services import labels, scanning
from inventory.services.labels import LabelRequest, Layout
from tests.factories import make_sku

pytestmark = pytest.mark.django_db


def n_pages(document: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", document))


def photo_of(text: str, *, kind: Kind = Kind.QR) -> Any:
    """An upload that shows a label, aslant and on a grey table."""
    modules = draw_symbol(text, kind=kind).modules
    rows = np.repeat(modules, 120 if len(modules) == 1 else 6, axis=0)
    black = np.pad(np.repeat(rows, 6, axis=1), 60)
    picture = Image.fromarray(np.where(black, 20, 235).astype(np.uint8)).convert("RGB")
    file = io.BytesIO()
    picture.rotate(12, expand=True, fillcolor=(130, 130, 130)).save(file, "JPEG", quality=80)
    return SimpleUploadedFile("label.jpg", file.getvalue(), content_type="image/jpeg")


@pytest.mark.parametrize(
    ("layout", "copies", "pages"),
    [(Layout.A4, 1, 1), (Layout.A4, 24, 1), (Layout.A4, 25, 2), (Layout.SINGLE, 3, 3)],
)
def test_labels_fill_their_pages(layout: Layout, copies: int, pages: int) -> None:
    sku = make_sku(barcode="4006381333931")
    document = labels.draw_labels([LabelRequest(sku, copies)], layout=layout)
    assert document.startswith(b"%PDF-")
    assert n_pages(document) == pages


def test_a_printer_gets_no_more_than_it_should() -> None:
    with pytest.raises(TooManyLabelsError):
        labels.draw_labels([LabelRequest(make_sku(), 481)], layout=Layout.A4)


@pytest.mark.parametrize(
    ("barcode", "kind", "text"),
    [
        ("4006381333931", Kind.EAN_13, "4006381333931"),
        ("4006381333932", Kind.CODE_128, "TEA-1"),
        ("", Kind.CODE_128, "TEA-1"),
    ],
)
def test_a_label_carries_the_ean_or_the_shops_own_code(barcode: str, kind: Kind, text: str) -> None:
    symbol = labels.symbol_of(make_sku(code="TEA-1", barcode=barcode))
    assert (symbol.kind, symbol.text) == (kind, text)


@pytest.mark.parametrize("typed", ["TEA-1", " tea-1\n", "0012345678905", "012345678905"])
def test_a_sku_is_found_by_its_code_and_its_barcode(typed: str) -> None:
    sku = make_sku(code="TEA-1", barcode="0012345678905")
    make_sku(code="TEA-11")
    assert scanning.find_sku(typed) == sku


def test_what_is_for_sale_comes_before_what_shares_its_barcode() -> None:
    make_sku(code="OLD", barcode="4006381333931", is_active=False)
    sold = make_sku(code="NEW", barcode="4006381333931")
    assert scanning.find_sku("4006381333931") == sold


@pytest.mark.parametrize("typed", ["", "  ", "TEA-2", "x" * 65, "TEA\x00"])
def test_what_nobody_knows_is_said(typed: str) -> None:
    make_sku(code="TEA-1")
    with pytest.raises(UnknownSkuError):
        scanning.find_sku(typed)


@pytest.mark.parametrize("kind", [Kind.QR, Kind.CODE_128])
def test_a_photo_of_a_label_is_read(kind: Kind) -> None:
    make_sku(code="TEA-1")
    assert scanning.read_picture(photo_of("TEA-1", kind=kind)) == "TEA-1"


def test_a_photo_without_a_label_and_a_file_that_is_none_are_refused() -> None:
    blank = io.BytesIO()
    Image.new("RGB", (300, 300), "white").save(blank, "PNG")
    with pytest.raises(NoBarcodeError):
        scanning.read_picture(SimpleUploadedFile("a.png", blank.getvalue()))
    with pytest.raises(PhotoRefusedError):
        scanning.read_picture(SimpleUploadedFile("a.jpg", b"<svg onload=alert(1)>"))
    assert not Sku.objects.exists()
