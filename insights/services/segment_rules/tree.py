"""A rule as a tree: groups of conditions of which all, any or none must hold.

It is stored as JSON of the same shape:

    {"how": "all", "parts": [
        {"field": "orders", "is": "at_least", "n": 2, "days": 90},
        {"how": "none", "parts": [{"field": "last_order", "is": "within", "days": 30}]},
    ]}
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

MAX_DEPTH = 4
MAX_CONDITIONS = 30


class How(StrEnum):
    ALL = "all"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Condition:
    """field: code of a field of `fields`. values: its parameters, cleaned."""

    field: str
    values: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        return {"field": self.field, **self.values}


@dataclass(frozen=True, slots=True)
class Group:
    how: How
    parts: Sequence["Condition | Group"] = field(default_factory=tuple)

    def as_json(self) -> dict[str, Any]:
        return {"how": self.how.value, "parts": [part.as_json() for part in self.parts]}


def conditions_of(group: Group) -> Iterator[Condition]:
    """Every condition, in the order of reading."""
    for part in group.parts:
        if isinstance(part, Group):
            yield from conditions_of(part)
        else:
            yield part
