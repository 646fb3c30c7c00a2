"""The form of a rule: a tree of inputs that works as a page and, with a script, in place.

Every node of the tree has a path: "r" is the outermost group, "r.0" its first part. The order of
the hidden inputs `node` is that of the tree; a button `do` says what happens to it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from insights.services.segment_rules.fields import FAMILY_TITLES, FIELDS
from insights.services.segment_rules.parameters import Choices, Kind, Parameter
from insights.services.segment_rules.tree import MAX_CONDITIONS, MAX_DEPTH, How

ROOT: Final = "r"
# More than a rule may have, so that a rule that is too long can still be shortened.
MOST_NODES: Final = 2 * MAX_CONDITIONS + 10
HOW_TITLES: Final[Mapping[How, str | Promise]] = {
    How.ALL: _("all of these hold"),
    How.ANY: _("one of these holds at least"),
    How.NONE: _("none of these holds"),
}
EMPTY_RULE: Final = {"how": "all", "parts": [{"field": ""}]}


@dataclass(frozen=True, slots=True)
class InputView:
    """choices: code, title and whether it is chosen."""

    name: str
    kind: str
    title: str
    value: str
    unit: str
    choices: Sequence[tuple[str, str, bool]] = ()


@dataclass(frozen=True, slots=True)
class NodeView:
    path: str
    is_group: bool
    problem: str
    is_root: bool = False
    hows: Sequence[tuple[str, str, bool]] = ()
    parts: Sequence["NodeView"] = ()
    can_nest: bool = False
    # A list of headings with the fields below each.
    fields: Sequence[tuple[str, Sequence[tuple[str, str, bool]]]] = ()
    inputs: Sequence[InputView] = ()

    @property
    def id(self) -> str:
        return self.path.replace(".", "-")


@dataclass
class _Typed:
    """A node as it was typed, before anything is checked."""

    values: dict[str, Any]
    is_group: bool
    parts: list["_Typed"] = field(default_factory=list)

    def as_raw(self) -> dict[str, Any]:
        if self.is_group:
            return {"how": self.values.get("how"), "parts": [one.as_raw() for one in self.parts]}
        return self.values


def read_form(data: QueryDict) -> dict[str, Any]:
    """The raw tree of what was typed, after the button `do` was followed."""
    nodes: dict[str, _Typed] = {}
    for one in data.getlist("node")[:MOST_NODES]:
        path, _colon, kind = one.partition(":")
        if path in nodes or (path != ROOT and path.rpartition(".")[0] not in nodes):
            continue
        node = _group(data, path) if kind == "group" else _condition(data, path)
        nodes[path] = node
        if path != ROOT:
            nodes[path.rpartition(".")[0]].parts.append(node)
    root = nodes.get(ROOT)
    if root is None or not root.is_group:
        return dict(EMPTY_RULE)
    verb, _colon, path = data.get("do", "").partition(":")
    target = nodes.get(path)
    if verb == "remove" and target is not None and path != ROOT:
        # By what it is, not by what it holds: two conditions may be alike.
        parent = nodes[path.rpartition(".")[0]]
        parent.parts = [one for one in parent.parts if one is not target]
    elif verb == "add_condition" and target is not None and target.is_group:
        target.parts.append(_Typed({"field": ""}, is_group=False))
    elif verb == "add_group" and target is not None and target.is_group:
        fresh = _Typed({"how": How.ANY.value}, is_group=True)
        fresh.parts.append(_Typed({"field": ""}, is_group=False))
        target.parts.append(fresh)
    return root.as_raw()


def _group(data: QueryDict, path: str) -> _Typed:
    return _Typed({"how": data.get(f"{path}:how", How.ALL.value)}, is_group=True)


def _condition(data: QueryDict, path: str) -> _Typed:
    code = data.get(f"{path}:field", "")
    values: dict[str, Any] = {"field": code}
    known = FIELDS.get(code)
    for parameter in known.parameters if known else ():
        name = f"{path}:{parameter.name}"
        if parameter.kind == Kind.CHOICES:
            values[parameter.name] = data.getlist(name)
        elif name in data:
            values[parameter.name] = data[name]
    return _Typed(values, is_group=False)


class EditorView:
    """Makes the inputs of a raw tree; lists to choose from are read once."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self._problems = problems
        self._lists: dict[Any, Choices] = {}

    def node(self, raw: Any, path: str = ROOT, depth: int = 1) -> NodeView:
        if isinstance(raw, Mapping) and "how" in raw:
            parts = raw.get("parts") or []
            return NodeView(
                path=path,
                is_group=True,
                is_root=path == ROOT,
                problem=self._problems.get(path, ""),
                hows=[
                    (how.value, str(title), raw.get("how") == how.value)
                    for how, title in HOW_TITLES.items()
                ],
                parts=[
                    self.node(one, f"{path}.{place}", depth + 1)
                    for place, one in enumerate(parts[:MOST_NODES])
                ],
                can_nest=depth < MAX_DEPTH,
            )
        values = raw if isinstance(raw, Mapping) else {}
        code = values.get("field", "")
        known = FIELDS.get(code)
        return NodeView(
            path=path,
            is_group=False,
            # Of an empty line there is nothing to complain while the rule is being written.
            problem=self._problems.get(path, "") if code else "",
            fields=_fields(code),
            inputs=[
                self._input(parameter, values, path)
                for parameter in (known.parameters if known else ())
            ],
        )

    def _input(self, parameter: Parameter, values: Mapping[str, Any], path: str) -> InputView:
        given = values.get(parameter.name)
        chosen = {str(one) for one in given} if isinstance(given, list) else {str(given)}
        choices = self._choices(parameter)
        return InputView(
            name=f"{path}:{parameter.name}",
            kind=parameter.kind.value,
            title=str(parameter.title),
            value="" if given is None or isinstance(given, list) else str(given),
            unit=str(parameter.unit),
            choices=[(code, str(title), code in chosen) for code, title in choices],
        )

    def _choices(self, parameter: Parameter) -> Choices:
        if parameter.choices is None:
            return ()
        if parameter.choices not in self._lists:
            self._lists[parameter.choices] = parameter.choices()
        return self._lists[parameter.choices]


def _fields(chosen: str) -> list[tuple[str, Sequence[tuple[str, str, bool]]]]:
    return [
        (
            str(title),
            [
                (one.code, str(one.title), one.code == chosen)
                for one in FIELDS.values()
                if one.family == family
            ],
        )
        for family, title in FAMILY_TITLES.items()
    ]
