"""What search engines and other machines read: addresses, structured data, previews."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

# As json_script does: no text can end the element it stands in.
_ESCAPES: Final = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}
_LANGUAGES: Final = tuple(code for code, _name in settings.LANGUAGES)


@dataclass(frozen=True, slots=True)
class Addresses:
    """One page in every language. alternates: (language, address)."""

    canonical: str
    alternates: Sequence[tuple[str, str]]
    default: str


def absolute(path: str) -> str:
    """An address as the world knows it; photos may lie on another host already."""
    return path if "://" in path else f"{settings.SHOP_URL}{path}"


def addresses(path: str) -> Addresses | None:
    """Of a path that begins with a language, without filters and cursors; None of any other."""
    language, _slash, rest = path.lstrip("/").partition("/")
    if language not in _LANGUAGES:
        return None
    by_language = {code: absolute(f"/{code}/{rest}") for code in _LANGUAGES}
    return Addresses(
        canonical=by_language[language],
        alternates=list(by_language.items()),
        default=by_language[settings.LANGUAGE_CODE],
    )


def json_ld(*things: Mapping[str, Any]) -> SafeString:
    """A data block: browsers run nothing of it, so no policy on scripts concerns it."""
    graph = {"@context": "https://schema.org", "@graph": [*things]}
    text = json.dumps(graph, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{text}</script>')  # noqa: S308  # escaped above


def shop_facts() -> list[dict[str, Any]]:
    """The shop itself, and how its search is asked."""
    home = absolute(reverse("storefront:home"))
    name = settings.SHOP_NAME
    facts: list[dict[str, Any]] = [
        {"@type": "Organization", "@id": f"{settings.SHOP_URL}/#shop", "name": name, "url": home}
    ]
    site: dict[str, Any] = {"@type": "WebSite", "name": name, "url": home}
    site["potentialAction"] = {
        "@type": "SearchAction",
        "target": {
            "@type": "EntryPoint",
            "urlTemplate": absolute(reverse("storefront:search")) + "?q={search_term_string}",
        },
        "query-input": "required name=search_term_string",
    }
    return [*facts, site]


def trail_facts(steps: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """steps: name and path, from the home page down to this one."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": position, "name": name, "item": absolute(path)}
            for position, (name, path) in enumerate(steps, start=1)
        ],
    }
