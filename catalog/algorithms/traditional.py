"""Traditional Chinese characters beside their simplified ones, as a shop meets them.

Only characters with one simplified form are in the table, so that nothing is folded to a wrong
word.
"""

from pathlib import Path

TABLE = Path(__file__).with_suffix(".txt")
# For `str.translate`.
SIMPLIFIED = {ord(pair[0]): pair[1] for pair in TABLE.read_text(encoding="utf-8").split()}
