"""What the labels of the photo model are called, and which category each of them means."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from django.utils.translation import get_language

from catalog.models import Category

_NAMES = Path(__file__).parents[1] / "artefacts" / "photo_category" / "labels.json"


@cache
def _names() -> dict[str, dict[str, str]]:
    names: dict[str, dict[str, str]] = json.loads(_NAMES.read_text(encoding="utf-8"))
    return names


def shipped_labels() -> Sequence[str]:
    """The labels that a new shop's model knows."""
    return sorted(_names())


def label_title(label: str) -> str:
    """A label in the reader's language; a shop's own label is named like its category."""
    names = _names().get(label)
    if names is not None:
        return names.get(get_language() or "en", names["en"])
    category = Category.objects.filter(slug=label).first()
    return label if category is None else str(category.name)


def categories_by_label() -> dict[str, Category]:
    """Which category each label means to this shop: what its staff wrote on the category.

    Where two categories claim a label, the one nearer the root of the tree has it.
    """
    found: dict[str, Category] = {}
    for category in Category.objects.exclude(photo_labels=[]).order_by("depth", "path"):
        for label in category.photo_labels:
            found.setdefault(label, category)
    return found
