"""Fonts for documents: small static ones, cut from a variable font to the signs that are needed.

PDF writers cannot embed a variable CFF2 font of a collection, and all its 65,000 signs would be
30 MB. Outlines of the signs of a document are drawn once at a fixed weight, as TrueType curves.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

_NOTDEF = ".notdef"
# A thousandth of the height of a sign: not to be seen in print.
_MAX_ERROR = 1.0


@dataclass
class VariableFont:
    """One face of a variable font, opened on first use and read sign by sign.

    path: of a font or a collection; number: of the face in it.
    """

    path: Path
    number: int = 0
    _drawn: dict[tuple[int, int], tuple[Any, int]] = field(default_factory=dict, init=False)
    _outlines: dict[int, Any] = field(default_factory=dict, init=False)

    @cached_property
    def _font(self) -> Any:
        return TTFont(self.path, fontNumber=self.number, lazy=True)

    @cached_property
    def _names(self) -> dict[int, str]:
        return dict(self._font.getBestCmap())

    def has_sign(self, sign: str) -> bool:
        return ord(sign) in self._names

    def cut(self, signs: Iterable[str], *, weight: int) -> bytes:
        """A TrueType font with these signs at this weight; those it does not have are left out."""
        points = sorted({ord(sign) for sign in signs} & self._names.keys())
        units = self._font["head"].unitsPerEm
        glyphs = {_NOTDEF: TTGlyphPen(None).glyph()}
        widths = {_NOTDEF: units // 2}
        for point in points:
            glyphs[f"u{point:04X}"], widths[f"u{point:04X}"] = self._draw(point, weight)
        builder = FontBuilder(units, isTTF=True)
        builder.setupGlyphOrder(list(glyphs))
        builder.setupCharacterMap({point: f"u{point:04X}" for point in points})
        builder.setupGlyf(glyphs)
        outlines = builder.font["glyf"]
        builder.setupHorizontalMetrics(
            {name: (width, getattr(outlines[name], "xMin", 0)) for name, width in widths.items()}
        )
        heights = self._font["hhea"]
        builder.setupHorizontalHeader(ascent=heights.ascent, descent=heights.descent)
        builder.setupNameTable({"familyName": "Document", "styleName": str(weight)})
        builder.setupOS2(
            usWeightClass=weight,
            sTypoAscender=heights.ascent,
            sTypoDescender=heights.descent,
            usWinAscent=heights.ascent,
            usWinDescent=-heights.descent,
        )
        builder.setupPost()
        file = io.BytesIO()
        builder.save(file)
        return file.getvalue()

    def _draw(self, point: int, weight: int) -> tuple[Any, int]:
        known = self._drawn.get((point, weight))
        if known is None:
            if weight not in self._outlines:
                self._outlines[weight] = self._font.getGlyphSet(location={"wght": weight})
            sign = self._outlines[weight][self._names[point]]
            pen = TTGlyphPen(None)
            sign.draw(Cu2QuPen(pen, max_err=_MAX_ERROR, reverse_direction=True))
            known = self._drawn[point, weight] = (pen.glyph(), round(sign.width))
        return known
