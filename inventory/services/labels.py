"""Labels for goods: name, price, code and something that a scanner reads, on paper that is sold."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from catalog.models import Sku
from catalog.money import format_money
from inventory.algorithms.barcodes import Kind, Symbol, draw_symbol, is_ean_13
from inventory.errors import TooManyLabelsError
from outbox.services.paper import open_paper

if TYPE_CHECKING:
    from outbox.services.paper_writer import Paper

MAX_LABELS: Final = 480


class Layout(StrEnum):
    """A4 with 3 × 8 labels of 70 × 37 mm, or a roll with labels of 62 × 29 mm."""

    A4 = "a4"
    SINGLE = "single"


@dataclass(frozen=True, slots=True)
class LabelRequest:
    sku: Sku
    copies: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """All in millimetres."""

    width: float
    height: float
    columns: int
    rows: int
    label_width: float
    label_height: float
    top: float


SHEETS: Final = {
    Layout.A4: Sheet(210, 297, 3, 8, 70, 37, 0.5),
    Layout.SINGLE: Sheet(62, 29, 1, 1, 62, 29, 0),
}
_EDGE: Final = 3.0
_SQUARE: Final = 17.0
# GS1 wants 11 modules of white before an EAN-13 and 7 after it; Code 128 wants 10 on both sides.
_QUIET_MODULES: Final = 22


def draw_labels(
    requests: Sequence[LabelRequest], *, layout: Layout, others: Kind = Kind.CODE_128
) -> bytes:
    """A PDF in the active language; the SKUs come with their products.

    others: how the shop's own code is printed where a SKU has no EAN-13.
    Raises TooManyLabelsError.
    """
    if sum(request.copies for request in requests) > MAX_LABELS:
        raise TooManyLabelsError(most=MAX_LABELS)
    sheet = SHEETS[layout]
    texts = [text for request in requests for text in _texts(request.sku)]
    with open_paper(texts=texts, footer=None) as pdf:
        pdf.set_auto_page_break(False)
        pdf.set_margins(0, 0, 0)
        for place, sku in enumerate(_copies(requests)):
            row, column = divmod(place % (sheet.columns * sheet.rows), sheet.columns)
            if row == column == 0:
                pdf.add_page(format=(sheet.width, sheet.height))
            _draw_label(
                pdf,
                sku,
                symbol_of(sku, others=others),
                left=column * sheet.label_width,
                top=sheet.top + row * sheet.label_height,
                sheet=sheet,
            )
        return bytes(pdf.output())


def symbol_of(sku: Sku, *, others: Kind = Kind.CODE_128) -> Symbol:
    if is_ean_13(sku.barcode):
        return draw_symbol(sku.barcode, kind=Kind.EAN_13)
    return draw_symbol(sku.code, kind=others)


def _copies(requests: Iterable[LabelRequest]) -> Iterator[Sku]:
    for request in requests:
        for _copy in range(request.copies):
            yield request.sku


def _texts(sku: Sku) -> list[str]:
    return [
        " ".join(part for part in (sku.product.name, sku.name) if part),
        format_money(sku.price_minor, sku.currency),
        sku.code,
        sku.barcode,
    ]


def _draw_label(
    pdf: "Paper", sku: Sku, symbol: Symbol, *, left: float, top: float, sheet: Sheet
) -> None:
    name, price, code, _barcode = _texts(sku)
    inner = sheet.label_width - 2 * _EDGE
    pdf.set_xy(left + _EDGE, top + _EDGE - 1)
    pdf.write_cell(name, width=inner, size=9, is_bold=True)
    if symbol.kind == Kind.QR:
        side = min(_SQUARE, sheet.label_height - 10)
        _draw_square(pdf, symbol.modules, left=left + _EDGE, top=top + 9, side=side)
        pdf.set_xy(left + _EDGE + side + 3, top + 10)
        pdf.write_cell(price, width=inner - side - 3, size=13, is_bold=True)
        pdf.set_xy(left + _EDGE + side + 3, top + 18)
        pdf.write_cell(code, width=inner - side - 3, size=8)
        return
    pdf.set_xy(left + _EDGE, top + 7)
    pdf.write_cell(price, width=inner / 2, size=11, is_bold=True)
    pdf.write_cell(code, width=inner / 2, size=7, align="R")
    height = sheet.label_height - 20
    _draw_bars(pdf, symbol.modules[0], left=left + _EDGE, top=top + 14, width=inner, height=height)
    if symbol.kind == Kind.EAN_13:
        pdf.set_xy(left + _EDGE, top + 14 + height)
        pdf.write_cell(symbol.text, width=inner, size=8, align="C")


def _draw_bars(
    pdf: "Paper",
    modules: NDArray[np.bool_],
    *,
    left: float,
    top: float,
    width: float,
    height: float,
) -> None:
    # At most the nominal 0.33 mm a module: wider bars are no easier to read.
    module = min(0.33, width / (len(modules) + _QUIET_MODULES))
    start = left + (width - len(modules) * module) / 2
    pdf.set_fill_color(0, 0, 0)
    for first, length in _runs(modules):
        pdf.rect(start + first * module, top, length * module, height, style="F")


def _draw_square(
    pdf: "Paper", modules: NDArray[np.bool_], *, left: float, top: float, side: float
) -> None:
    module = side / len(modules)
    pdf.set_fill_color(0, 0, 0)
    for row, line in enumerate(modules):
        for first, length in _runs(line):
            pdf.rect(left + first * module, top + row * module, length * module, module, style="F")


def _runs(line: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Start and length of each stretch of black."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], line.astype(np.int8), [0]))))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        yield int(first), int(end - first)
