"""Reads the Procfile: one `name: command` a line."""

import re
from pathlib import Path

from ecomsite.running.language import _
from ecomsite.running.problems import StartError

LINE = re.compile(r"^(?P<name>[a-z][a-z0-9_-]*):\s*(?P<command>\S.*)$")


def read_procfile(path: Path) -> dict[str, str]:
    """Commands by name, in the order in which they stand."""
    commands: dict[str, str] = {}
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = LINE.match(text)
        if match is None or match["name"] in commands:
            raise StartError(
                _("%(file)s, line %(number)d is not a new “name: command”: %(text)s")
                % {"file": path.name, "number": number, "text": text}
            )
        commands[match["name"]] = match["command"]
    return commands
