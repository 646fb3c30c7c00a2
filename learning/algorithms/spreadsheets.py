"""Cells that a spreadsheet shows as they are."""

import re
from typing import Final

# A spreadsheet runs a cell that begins like this as a formula, also behind apostrophes and blanks.
_FORMULA: Final = re.compile(r"['\s]*[=+\-@\t\r\n|%＝＋－＠]")
_PLAIN_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")


def plain_cell(value: object) -> str:
    """Text for a CSV file that no spreadsheet takes for a formula; figures stay figures."""
    text = "" if value is None else str(value).replace("\x00", "")
    if _PLAIN_NUMBER.fullmatch(text) or not _FORMULA.match(text):
        return text
    return f"'{text}"
