"""From what was stored or typed to a rule that can be trusted, or to what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from insights.errors import InvalidRuleError
from insights.services.segment_rules.fields import FIELDS
from insights.services.segment_rules.tree import (
    MAX_CONDITIONS,
    MAX_DEPTH,
    Condition,
    Group,
    How,
)


@dataclass
class _Reading:
    problems: dict[str, str] = field(default_factory=dict)
    conditions: int = 0

    def group(self, raw: Any, path: str, depth: int) -> Group:
        parts = raw.get("parts") if isinstance(raw, Mapping) else None
        how = raw.get("how") if isinstance(raw, Mapping) else None
        if not isinstance(parts, list) or not isinstance(how, str) or how not in set(How):
            self._complain(path, _("This group cannot be read."))
            return Group(How.ALL)
        if depth > MAX_DEPTH:
            self._complain(path, _("Groups may lie %(n)d deep in one another.") % {"n": MAX_DEPTH})
            return Group(How.ALL)
        if not parts:
            self._complain(path, _("This group has no condition."))
        if len(parts) > MAX_CONDITIONS:
            self._complain(path, _("A rule has at most %(n)d conditions.") % {"n": MAX_CONDITIONS})
            return Group(How.ALL)
        return Group(
            How(how), tuple(self._part(one, f"{path}.{n}", depth) for n, one in enumerate(parts))
        )

    def _part(self, raw: Any, path: str, depth: int) -> Condition | Group:
        if isinstance(raw, Mapping) and "how" in raw:
            return self.group(raw, path, depth + 1)
        self.conditions += 1
        if self.conditions > MAX_CONDITIONS:
            self._complain(path, _("A rule has at most %(n)d conditions.") % {"n": MAX_CONDITIONS})
            return Condition("", {})
        code = raw.get("field") if isinstance(raw, Mapping) else None
        known = FIELDS.get(code) if isinstance(code, str) else None
        if known is None:
            self._complain(path, _("Choose what is asked."))
            return Condition("", {})
        values = {}
        for parameter in known.parameters:
            try:
                value = parameter.clean(raw.get(parameter.name))
            except ValueError as error:
                self._complain(path, str(error))
                continue
            if value is not None:
                values[parameter.name] = value
        return Condition(known.code, values)

    def _complain(self, path: str, problem: str) -> None:
        self.problems.setdefault(path, problem)


def read_rule(raw: Any) -> Group:
    """The rule of a stored or typed tree. Raises InvalidRuleError, which names each place."""
    reading = _Reading()
    group = reading.group(raw, "r", 1)
    if reading.problems:
        raise InvalidRuleError(reading.problems)
    return group
