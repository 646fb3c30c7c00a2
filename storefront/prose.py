"""Texts that staff write, as HTML: paragraphs, headings, lists, bold words and links.

Everything is escaped first and only these forms are put back, so no text can bring markup of its
own, whoever wrote it.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_BLANK: Final = re.compile(r"\n[ \t]*\n")
_HEADING: Final = re.compile(r"^(#{2,3})[ \t]+(.+)$")
_BULLET: Final = re.compile(r"^[-*][ \t]+(.+)$")
_NUMBER: Final = re.compile(r"^\d{1,3}[.)、][ \t]*(.+)$")
_BOLD: Final = re.compile(r"\*\*(?=\S)([^*\n]{1,300}?)(?<=\S)\*\*")
# After escaping; neither quotes nor spaces can be in an address then.
_LINK: Final = re.compile(
    r"\[([^\[\]\n]{1,200})\]\(((?:https?://|mailto:|/(?!/))[^\s()<>]{1,500})\)"
)

# Stands for a link while what is around it is read; no text that a form took holds one.
_A_LINK: Final = "\0"


def render_prose(text: str) -> SafeString:
    """Safe HTML for a text with a few marks; a text without any comes out as paragraphs."""
    blocks = _BLANK.split(text.replace("\r\n", "\n").strip())
    return mark_safe("\n".join(part for block in blocks for part in _block(block)))  # noqa: S308  # each line is escaped in _inline


def _block(block: str) -> Iterator[str]:
    """Lines of one kind belong together; a heading stands alone."""
    lines = [line.strip() for line in block.split("\n") if line.strip()]
    for kind, group in groupby(lines, key=_kind):
        same = list(group)
        if kind == "heading":
            for line in same:
                found = _HEADING.match(line)
                if found is not None:
                    level = len(found[1])
                    yield f"<h{level}>{_inline(found[2])}</h{level}>"
        elif kind == "bullet":
            yield _list("ul", [_BULLET.sub(r"\1", line) for line in same])
        elif kind == "number":
            yield _list("ol", [_NUMBER.sub(r"\1", line) for line in same])
        else:
            yield f"<p>{'<br>'.join(map(_inline, same))}</p>"


def _kind(line: str) -> str:
    for kind, pattern in (("heading", _HEADING), ("bullet", _BULLET), ("number", _NUMBER)):
        if pattern.match(line):
            return kind
    return "words"


def _list(tag: str, items: list[str]) -> str:
    return f"<{tag}>{''.join(f'<li>{_inline(item)}</li>' for item in items)}</{tag}>"


def _inline(text: str) -> str:
    """A link is one sign for what stands around it, so bold never gets into an address."""
    links: list[str] = []

    def keep(found: re.Match[str]) -> str:
        links.append(f'<a href="{found[2]}">{_bold(found[1])}</a>')
        return _A_LINK

    words = _bold(_LINK.sub(keep, str(escape(text.replace(_A_LINK, "")))))
    first, *rest = words.split(_A_LINK)
    return first + "".join(link + after for link, after in zip(links, rest, strict=True))


def _bold(text: str) -> str:
    return _BOLD.sub(r"<strong>\1</strong>", text)
