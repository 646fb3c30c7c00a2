"""Pieces that come up many times: a template is rendered once, and its holes filled often.

A list writes twenty cards and thirty options of facets. Rendered each for itself they took half of
the time of the page.

    {{ hole.name }}                                             in the template
    stencil("storefront/_card.html", has_photo=True).fill(name=product.name)
"""

import re
import secrets
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

# From the private use area of Unicode, which texts and fonts leave alone; and as a page that is cut
# may show what strangers wrote, none of them knows what marks a hole in this process.
_OPEN, _SHUT = f"\ue000{secrets.token_hex(8)}.", "\ue001"
_HOLE = re.compile(f"{re.escape(_OPEN)}(\\w+){_SHUT}")


class Holes:
    """`hole.name` in a template: a place that `fill` puts the name's value in."""

    def __getitem__(self, name: str) -> str:
        return f"{_OPEN}{name}{_SHUT}"


@dataclass(frozen=True, slots=True)
class Stencil:
    """parts: what is written as it is, and in between the names of holes."""

    parts: tuple[str, ...]

    def fill(self, **values: Any) -> SafeString:
        """Escaped where not known to be safe; a hole without a value is a KeyError."""
        # As `conditional_escape` does, which spends most of its time on lazy strings.
        written = {
            name: value if isinstance(value, SafeString) else escape(str(value))
            for name, value in values.items()
        }
        filled = list(self.parts)
        filled[1::2] = [written[name] for name in filled[1::2]]
        return mark_safe("".join(filled))  # noqa: S308  # a template's, filled with escaped text

    def html(self) -> SafeString:
        """As it was before it was cut, for a larger piece that is cut as a whole."""
        parts = list(self.parts)
        parts[1::2] = [Holes()[name] for name in parts[1::2]]
        return mark_safe("".join(parts))  # noqa: S308  # a template's


def cut(html: str) -> Stencil:
    return Stencil(tuple(_HOLE.split(html)))


def stencil(template: str, **shape: bool | int | str) -> Stencil:
    """Of a template in the present language; shape: what it is told beside its holes."""
    found = _stencil if not settings.DEBUG else _stencil.__wrapped__
    return found(template, get_language(), tuple(shape.items()))


@cache
def _stencil(
    template: str, _language: str | None, shape: tuple[tuple[str, bool | int | str], ...]
) -> Stencil:
    return cut(render_to_string(template, {**dict(shape), "hole": Holes()}))
