"""Read and clean a history in one of the layouts, and say what was found in the shop's words."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from orders.algorithms import online_retail, shop_layout
from orders.algorithms.order_files import Faults, RefusedFileError, Sentence
from orders.algorithms.order_history import OrderHistory, Repair
from orders.models import OrderImport

Progress = Callable[[str, int, int], None]
"""Told the stage, rows done and the rows there will be, as far as can be said."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of reading; no history where a row or a whole file was refused."""

    history: OrderHistory | None
    rows: int
    repairs: Sequence[Repair] = ()
    problems: Sequence[dict[str, Any]] = ()
    problem_count: int = 0
    refusal: str = ""


def translate(sentence: Sentence) -> str:
    """A sentence of the algorithms in the language of whoever reads it."""
    return _(sentence.text) % sentence.facts


def fingerprint(paths: Sequence[Path]) -> str:
    """SHA-256 over the contents of the files, in their order; names do not matter."""
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def read_history(
    paths: Sequence[Path],
    *,
    layout: str,
    until: date | None,
    on_progress: Progress,
) -> Reading:
    """Read all files; one bad row or file and there is no history, only the report."""
    meter = _Meter(paths, on_progress)
    faults = Faults()
    # The day itself is still part of the history.
    end = None if until is None else _seconds(until + timedelta(days=1))
    try:
        if layout == OrderImport.Layout.ONLINE_RETAIL:
            lines = online_retail.read(paths, faults=faults, until=end, on_progress=meter.tell)
            if faults.count:
                return _refused(faults, meter.rows)
            on_progress("cleaning", meter.rows, meter.rows)
            history = online_retail.clean(lines)
        else:
            history = shop_layout.read(
                paths,
                currency=settings.CURRENCY,
                faults=faults,
                until=end,
                on_progress=meter.tell,
            )
            if faults.count:
                return _refused(faults, meter.rows)
    except RefusedFileError as error:
        return Reading(None, meter.rows, refusal=translate(error.sentence))
    except OSError as error:
        return unreadable(error, rows=meter.rows)
    return Reading(history, meter.rows, repairs=history.repairs)


def unreadable(error: OSError, *, rows: int = 0) -> Reading:
    """The report on a file that the machine cannot open or read."""
    sentence = _("%(file)s cannot be read: %(reason)s") % {
        "file": error.filename or "",
        "reason": error.strerror or str(error),
    }
    return Reading(None, rows, refusal=sentence)


def repair_row(repair: Repair) -> dict[str, Any]:
    """One kind of repair as it is shown and stored."""
    return {
        "check": repair.check,
        "handling": repair.handling,
        "rows": repair.rows,
        "detail": translate(repair.what),
        "examples": [
            {key: value for key, value in asdict(example).items() if value != ""}
            for example in repair.examples
        ],
    }


def _seconds(day: date) -> int:
    return int(np.datetime64(day, "s").astype(np.int64))


def _refused(faults: Faults, rows: int) -> Reading:
    return Reading(
        None,
        rows,
        problems=[
            {"file": fault.file, "row": fault.row, "problem": translate(fault.reason)}
            for fault in faults.first
        ],
        problem_count=faults.count,
        refusal=ngettext(
            "%(count)d row cannot be read; nothing was imported.",
            "%(count)d rows cannot be read; nothing was imported.",
            faults.count,
        )
        % {"count": faults.count},
    )


@dataclass(slots=True)
class _Meter:
    """Turns the share read of each file into rows, for a progress bar."""

    paths: Sequence[Path]
    on_progress: Progress
    rows: int = 0
    _rows_before: int = 0
    _bytes_before: int = 0
    _place: int = 0
    _sizes: list[int] = field(default_factory=list)

    def tell(self, row: int, share: float) -> None:
        if not self._sizes:
            self._sizes = [max(1, path.stat().st_size) for path in self.paths]
        self.rows = self._rows_before + row - 1
        done = self._bytes_before + share * self._sizes[self._place]
        expected = int(self.rows * sum(self._sizes) / max(done, 1))
        if share >= 1.0:
            self._rows_before = self.rows
            self._bytes_before += self._sizes[self._place]
            self._place = min(self._place + 1, len(self._sizes) - 1)
        self.on_progress("reading", self.rows, max(expected, self.rows))
