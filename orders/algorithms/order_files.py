"""Read CSV files of any size, plain or gzip, row by row and with bounded memory.

A file that cannot be a table of orders is refused with one sentence; a row that cannot be read is
reported with its number (the header is row 1, as in a spreadsheet) and reading goes on, so that an
owner sees every fault of a file at once.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

MAX_LINE_BYTES = 65_536
MAX_LINES_IN_A_ROW = 200
MAX_TEXT = 500
MAX_ROWS = 2_000_000
MAX_BYTES = 2 * 1024**3
# gzip packs order lines 7 to 20 times; a bomb approaches its ceiling of 1,032.
MAX_EXPANSION = 200
EXPANSION_IS_JUDGED_FROM = 16 * 1024**2
BYTES_BETWEEN_JUDGEMENTS = 4 * 1024**2
KEEP_FAULTS = 200


def gettext_noop(text: str) -> str:
    """Mark a sentence for the catalogue; whoever shows it translates it."""
    return text


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence in the shop's source language with the facts to fill in, for later translation."""

    text: str
    facts: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))

    def __str__(self) -> str:
        return self.text % self.facts


class RefusedFileError(ValueError):
    """The file as a whole is no table of orders; nothing of it may be used."""

    def __init__(self, text: str, **facts: str | int) -> None:
        self.sentence = Sentence(text, facts)
        super().__init__(str(self.sentence))


@dataclass(frozen=True, slots=True)
class RowFault:
    """One row that cannot be read, and why."""

    file: str
    row: int
    reason: Sentence

    def __str__(self) -> str:
        return f"row {self.row:,}: {self.reason}"


class UnreadableValueError(ValueError):
    """One value of a row is not what its column holds."""

    def __init__(self, text: str, **facts: str | int) -> None:
        self.sentence = Sentence(text, facts)
        super().__init__(str(self.sentence))


@dataclass(slots=True)
class Faults:
    """Unreadable rows: all are counted, the first `KEEP_FAULTS` are kept."""

    count: int = 0
    first: list[RowFault] = field(default_factory=list)

    def add(self, file: str, row: int, reason: Sentence) -> None:
        self.count += 1
        if len(self.first) < KEEP_FAULTS:
            self.first.append(RowFault(file, row, reason))

    def refuse_any(self) -> None:
        """Raise RefusedFileError for the first one, where a report on all is of no use."""
        if self.first:
            fault = self.first[0]
            raise RefusedFileError(
                gettext_noop("%(file)s, row %(row)s: %(reason)s"),
                file=fault.file,
                row=fault.row,
                reason=str(fault.reason),
            )


def _fold(name: str) -> str:
    return re.sub(r"[\s_]+", "", name).casefold()


class RowReader:
    """The rows of one CSV file as tuples in the order of `columns`.

    columns: the names that must stand in the header; upper and lower case, spaces and underscores
        do not matter, nor does the order, and further columns are left alone.
    other_names: other spellings of a column, by that spelling.
    optional: names that may be missing; their values are then empty.
    on_progress: told the row and the share of the file that was read; 1.0 once, at its end.
    """

    def __init__(
        self,
        path: Path,
        *,
        columns: Sequence[str],
        faults: Faults,
        other_names: Mapping[str, str] | None = None,
        optional: Sequence[str] = (),
        on_progress: Callable[[int, float], None] | None = None,
    ) -> None:
        self.path = path
        self.name = path.name
        self.columns = tuple(columns)
        self.optional = frozenset(optional)
        self.faults = faults
        self.other_names = {_fold(k): _fold(v) for k, v in (other_names or {}).items()}
        self.on_progress = on_progress
        self.row = 0
        self._lines_since_row = 0
        self._bytes = 0
        self._judged_bytes = 0

    def fault(self, error: UnreadableValueError) -> None:
        """Report the row that is being read."""
        self.faults.add(self.name, self.row, error.sentence)

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        with self.path.open("rb") as raw:
            size = max(1, self.path.stat().st_size)
            try:
                yield from self._rows(raw, size)
            except (zlib.error, EOFError, gzip.BadGzipFile) as error:
                raise RefusedFileError(
                    gettext_noop("%(file)s is a damaged gzip file (after row %(row)s)"),
                    file=self.name,
                    row=self.row,
                ) from error

    def _rows(self, raw: io.BufferedReader, size: int) -> Iterator[tuple[str, ...]]:
        lines = self._lines(raw)
        header = next(lines, "")
        if not header.strip():
            raise RefusedFileError(gettext_noop("%(file)s is empty"), file=self.name)
        delimiter = max(",;\t", key=header.count)
        self.row = 1
        places, width = self._places(next(csv.reader([header], delimiter=delimiter)))
        rows = csv.reader(lines, delimiter=delimiter)
        while True:
            self._lines_since_row = 0
            try:
                row = next(rows)
            except StopIteration:
                break
            except csv.Error as error:
                raise RefusedFileError(
                    gettext_noop(
                        "%(file)s, row %(row)s cannot be split into columns;"
                        " quotation marks do not close"
                    ),
                    file=self.name,
                    row=self.row + 1,
                ) from error
            self.row += 1
            if self.row > MAX_ROWS:
                raise RefusedFileError(
                    gettext_noop("%(file)s has more than %(limit)s rows; split it"),
                    file=self.name,
                    limit=MAX_ROWS,
                )
            if self.on_progress and self.row % 5_000 == 0:
                self.on_progress(self.row, min(0.99, raw.tell() / size))
            if not row:
                continue
            if len(row) != width:
                self.faults.add(
                    self.name,
                    self.row,
                    Sentence(
                        gettext_noop("%(found)s columns where the header has %(expected)s"),
                        {"found": len(row), "expected": width},
                    ),
                )
                continue
            yield tuple(row[place] if place >= 0 else "" for place in places)
        if self.row == 1:
            raise RefusedFileError(
                gettext_noop("%(file)s has a header but no rows"), file=self.name
            )
        if self.on_progress:
            self.on_progress(self.row, 1.0)

    def _lines(self, raw: io.BufferedReader) -> Iterator[str]:
        head = raw.peek(4)[:4]
        if head[:2] == b"PK":
            raise RefusedFileError(
                gettext_noop("%(file)s is a spreadsheet or zip file; save it as CSV (UTF-8)"),
                file=self.name,
            )
        if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise self._not_utf8(1)
        stream: io.BufferedReader = raw
        if head[:2] == b"\x1f\x8b":
            stream = io.BufferedReader(gzip.GzipFile(fileobj=raw), 1 << 18)
        first = True
        while line := stream.readline(MAX_LINE_BYTES + 1):
            self._bytes += len(line)
            self._lines_since_row += 1
            # By bytes, not by rows: a few thousand rows of the longest kind are gigabytes.
            if self._bytes - self._judged_bytes >= BYTES_BETWEEN_JUDGEMENTS:
                self._judged_bytes = self._bytes
                self._judge(packed=raw.tell())
            if len(line) > MAX_LINE_BYTES or self._lines_since_row > MAX_LINES_IN_A_ROW:
                raise RefusedFileError(
                    gettext_noop("%(file)s, row %(row)s is longer than %(limit)s bytes"),
                    file=self.name,
                    row=self.row + 1,
                    limit=MAX_LINE_BYTES,
                )
            if b"\0" in line:
                raise RefusedFileError(
                    gettext_noop("%(file)s, row %(row)s holds a NUL byte; it is not a text file"),
                    file=self.name,
                    row=self.row + 1,
                )
            try:
                yield line.decode("utf-8-sig" if first else "utf-8")
            except UnicodeDecodeError as error:
                raise self._not_utf8(self.row + 1) from error
            first = False

    def _not_utf8(self, row: int) -> RefusedFileError:
        return RefusedFileError(
            gettext_noop("%(file)s, row %(row)s is not UTF-8 text; save the file as CSV (UTF-8)"),
            file=self.name,
            row=row,
        )

    def _judge(self, *, packed: int) -> None:
        too_large = self._bytes > MAX_BYTES
        is_bomb = self._bytes > EXPANSION_IS_JUDGED_FROM and (
            self._bytes > MAX_EXPANSION * max(packed, 1)
        )
        if too_large or is_bomb:
            raise RefusedFileError(
                gettext_noop("%(file)s unpacks to more than a file of orders may hold"),
                file=self.name,
            )

    def _places(self, header: Sequence[str]) -> tuple[list[int], int]:
        names = [self.other_names.get(_fold(name), _fold(name)) for name in header]
        missing = [
            name for name in self.columns if _fold(name) not in names and name not in self.optional
        ]
        if missing:
            raise RefusedFileError(
                gettext_noop("%(file)s has no column %(missing)s"),
                file=self.name,
                missing=", ".join(missing),
            )
        twice = [name for name in self.columns if names.count(_fold(name)) > 1]
        if twice:
            raise RefusedFileError(
                gettext_noop("%(file)s has the column %(twice)s more than once"),
                file=self.name,
                twice=", ".join(twice),
            )
        places = [names.index(_fold(n)) if _fold(n) in names else -1 for n in self.columns]
        return places, len(header)


# Currencies whose smallest unit is the unit itself, of ISO 4217.
_WITHOUT_MINOR_UNIT = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"}
    | {"PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_AMERICAN_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}) (\d{1,2}):(\d{2})(?::(\d{2}))?")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2})?)?")
_WHOLE = re.compile(r"-?[0-9]{1,9}(?:\.0)?")
_MONEY = re.compile(r"(-?)([0-9]{1,9})(?:\.([0-9]{1,9}))?")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # files give the shop's own clock, without a zone


def parse_moment(text: str) -> int:
    """Seconds since 1970 on the shop's own clock, of `2011-09-30 10:01[:17]` or `9/30/2011 10:01`.

    The slash form is month first: it is how the first publisher of the retail layout wrote it.
    """
    stripped = text.strip()
    try:
        if _ISO_DATE.fullmatch(stripped):
            moment = datetime.fromisoformat(stripped)
        elif match := _AMERICAN_DATE.fullmatch(stripped):
            month, day, year, hour, minute, second = (int(part or 0) for part in match.groups())
            moment = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001
        else:
            raise ValueError
        if not 1970 <= moment.year < 2200:
            raise ValueError
    except ValueError as error:
        raise UnreadableValueError(
            gettext_noop("date '%(value)s' is not a date"), value=text[:40]
        ) from error
    return int((moment - _EPOCH).total_seconds())


def minor_digits(currency: str) -> int:
    """Digits after the point of an amount in this currency."""
    return 0 if currency in _WITHOUT_MINOR_UNIT else 2


def parse_whole(text: str) -> int:
    """A quantity: a whole number of at most nine digits."""
    stripped = text.strip()
    if not _WHOLE.fullmatch(stripped):
        raise UnreadableValueError(
            gettext_noop("quantity '%(value)s' is not a whole number"), value=text[:40]
        )
    return int(stripped.removesuffix(".0"))


def parse_money(text: str, *, minor_digits: int = 2) -> tuple[int, bool]:
    """Minor units, half away from zero, and whether anything had to be rounded off."""
    match = _MONEY.fullmatch(text.strip())
    if not match:
        raise UnreadableValueError(
            gettext_noop("price '%(value)s' is not an amount"), value=text[:40]
        )
    sign, whole, fraction = match.group(1), match.group(2), match.group(3) or ""
    kept, rest = fraction[:minor_digits].ljust(minor_digits, "0"), fraction[minor_digits:]
    minor = int(whole + kept) + (rest[:1] >= "5")
    return (-minor if sign else minor), bool(rest.strip("0"))


def parse_text(text: str, *, column: str, limit: int = MAX_TEXT) -> str:
    """Text without outer blanks; at most `limit` characters."""
    stripped = text.strip()
    if len(stripped) > limit:
        raise UnreadableValueError(
            gettext_noop("%(column)s is longer than %(limit)s characters"),
            column=column,
            limit=limit,
        )
    return stripped
