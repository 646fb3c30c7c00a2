"""Writes what is drawn on paper as PDF, with the signs of the font that it needs."""

import tempfile
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from outbox.algorithms.document_fonts import VariableFont
from outbox.services.paper import INK, MARGIN, QUIET, WIDTH

REGULAR: Final = 400
BOLD: Final = 700
# Of "Noto Sans CJK" as it is packed: the face with the forms of signs used in mainland China.
_SIMPLIFIED_CHINESE: Final = 2
_FONT_FILE: Final = "NotoSansCJK-VF.otf.ttc"
_RULE: Final = (205, 202, 194)
# Signs that the document itself needs, whatever is written in it.
_BASE_SIGNS: Final = "".join(chr(point) for point in range(0x20, 0x7F)) + "…–−×·"
# Letters with a stroke, which have no plain letter inside.
_PLAIN_LETTERS: Final = dict(zip("ŁłĐđĦħŦŧı", "LlDdHhTti", strict=True))


@cache
def _font() -> VariableFont:
    with resources.as_file(resources.files("manimgx_fonts_cjk") / _FONT_FILE) as path:
        return VariableFont(Path(path), number=_SIMPLIFIED_CHINESE)


@contextmanager
def open_paper(*, texts: Sequence[str], footer: str | None) -> Iterator["Paper"]:
    """See `paper.open_paper`."""
    signs = _clean("".join([*texts, footer or ""])) + _BASE_SIGNS
    # The writer takes fonts from files alone, and reads them until the end.
    with tempfile.TemporaryDirectory() as folder:
        yield Paper(footer, _cut_fonts(signs, Path(folder)))


class Paper(FPDF):
    """An A4 page with the shop's type; it can write the signs that it was made for."""

    def __init__(self, footer: str | None, fonts: Mapping[str, Path]) -> None:
        super().__init__(format="A4")
        self.footer_text = footer
        for style, path in fonts.items():
            self.add_font("Document", style, fname=path)
        self.set_margins(MARGIN, MARGIN, MARGIN)
        self.set_auto_page_break(auto=True, margin=24)
        self.alias_nb_pages("{pages}")

    def footer(self) -> None:
        if self.footer_text is None:
            return
        self.set_y(-16)
        self.write_cell(self.footer_text, width=WIDTH - 30, size=8, colour=QUIET)
        pages = f"{self.page_no()} / {{pages}}"
        self.write_cell(pages, width=30, size=8, colour=QUIET, align="R")

    def _type(self, size: float, is_bold: bool, colour: tuple[int, int, int]) -> float:
        self.set_font("Document", "B" if is_bold else "", size)
        self.set_text_color(*colour)
        return size * 0.55

    def write_line(
        self,
        text: str,
        *,
        size: float,
        is_bold: bool = False,
        colour: tuple[int, int, int] = INK,
        width: float = WIDTH,
    ) -> None:
        height = self._type(size, is_bold, colour)
        self.multi_cell(width, height, _clean(text), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def write_cell(
        self,
        text: str,
        *,
        width: float,
        size: float,
        is_bold: bool = False,
        colour: tuple[int, int, int] = INK,
        align: str = "L",
        is_last: bool = False,
    ) -> None:
        height = self._type(size, is_bold, colour)
        text = _clean(text)
        while len(text) > 1 and self.get_string_width(text) > width - 2:
            text = text.removesuffix("…")[:-1] + "…"
        if is_last:
            self.cell(width, height, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        else:
            self.cell(width, height, text, align=align)

    def table_row(
        self,
        cells: Sequence[str],
        widths: Sequence[float],
        *,
        size: float,
        colour: tuple[int, int, int] = INK,
    ) -> None:
        """The first cell is text of as many lines as it needs, the others are figures."""
        top = self.get_y()
        height = self._type(size, False, colour)
        self.multi_cell(
            widths[0], height, _clean(cells[0]), align="L", new_x=XPos.RIGHT, new_y=YPos.NEXT
        )
        bottom = self.get_y()
        self.set_xy(MARGIN + widths[0], top)
        for text, width in zip(cells[1:], widths[1:], strict=True):
            self.write_cell(text, width=width, size=size, colour=colour, align="R")
        self.set_draw_color(*_RULE)
        self.line(MARGIN, bottom + 1.5, MARGIN + WIDTH, bottom + 1.5)
        self.set_xy(MARGIN, bottom + 3)


def _cut_fonts(signs: str, folder: Path) -> dict[str, Path]:
    """Font files with these signs: regular ("") and bold ("B")."""
    fonts = {"": folder / "regular.ttf", "B": folder / "bold.ttf"}
    for weight, path in zip((REGULAR, BOLD), fonts.values(), strict=True):
        path.write_bytes(_font().cut(signs, weight=weight))
    return fonts


def _clean(text: str) -> str:
    """With signs that can be printed: others lose their strokes, or become a question mark."""
    return "".join(sign if sign == "\n" else _printable(sign) for sign in text)


def _printable(sign: str) -> str:
    if _font().has_sign(sign):
        return sign
    if not sign.isprintable():
        return " "
    plain = _PLAIN_LETTERS.get(sign) or unicodedata.normalize("NFKD", sign)[0]
    return plain if _font().has_sign(plain) else "?"
