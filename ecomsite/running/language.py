"""The words of the supervisor in the language of the terminal; Django is not there yet."""

import gettext
import os
from collections.abc import Mapping
from pathlib import Path

LOCALE = Path(__file__).parent / "locale"


def terminal_is_chinese(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the first variable that says anything about the language says Chinese."""
    variables = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    said = (environment[name] for name in variables if environment.get(name))
    return next(said, "").lower().startswith("zh")


_translations = gettext.translation(
    "django", LOCALE, languages=["zh_Hans"] if terminal_is_chinese() else [], fallback=True
)
_ = _translations.gettext
