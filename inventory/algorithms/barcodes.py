"""Bar codes: what is printed on a label, and what stands on a picture of one.

EAN-13 is GS1's code of goods: thirteen digits, the last one a check digit (GS1 General
Specifications, 7.9). Code 128 and QR carry any short text; hand scanners read the first, cameras
both.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
import zxingcpp
from numpy.typing import NDArray

# Longer texts make bars that a label of 60 mm has no room for.
MAX_CODE_128: Final = 20
_MAX_CODES: Final = 8


class Kind(StrEnum):
    EAN_13 = "ean_13"
    CODE_128 = "code_128"
    QR = "qr"


@dataclass(frozen=True, slots=True)
class Symbol:
    """modules: True where it is black, shape (1, n) for bars and (n, n) for a square.

    text: what a reader answers with. The quiet zone around it is the printer's affair.
    """

    kind: Kind
    text: str
    modules: NDArray[np.bool_]


def is_ean_13(text: str) -> bool:
    """Thirteen digits whose weighted sum (1, 3, 1, 3, ...) is a multiple of ten."""
    if len(text) != 13 or not (text.isascii() and text.isdigit()):
        return False
    digits = [int(digit) for digit in text]
    return (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0


def draw_symbol(text: str, *, kind: Kind) -> Symbol:
    """Code 128 becomes QR where it cannot write the text or would be too long."""
    if kind == Kind.CODE_128 and not (
        text.isascii() and text.isprintable() and len(text) <= MAX_CODE_128
    ):
        kind = Kind.QR
    formats: dict[Kind, Any] = {
        Kind.EAN_13: zxingcpp.EAN13,
        Kind.CODE_128: zxingcpp.Code128,
        Kind.QR: zxingcpp.QRCode,
    }
    barcode = zxingcpp.create_barcode(text, formats[kind])
    drawn = np.array(
        zxingcpp.write_barcode_to_image(barcode, scale=1, add_quiet_zones=False), dtype=np.uint8
    )
    modules = drawn < 128
    return Symbol(kind, text, modules if kind == Kind.QR else modules[:1])


def read_symbols(pixels: NDArray[np.uint8]) -> list[str]:
    """What the codes on a picture say, each once, the largest first; empty without one.

    pixels: grey, shape (height, width), at any angle.
    """
    found = zxingcpp.read_barcodes(pixels)
    texts = [code.text for code in sorted(found, key=_height, reverse=True) if code.text]
    return list(dict.fromkeys(texts))[:_MAX_CODES]


def _height(code: Any) -> int:
    corners = code.position
    rows: list[int] = [
        corner.y for corner in (corners.top_left, corners.top_right, corners.bottom_left)
    ]
    return max(rows) - min(rows)
