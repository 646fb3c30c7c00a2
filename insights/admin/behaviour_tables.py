"""What a report of behaviour shows: sums, tables, a chart, and the same as a file."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import format_html

from insights.services.fairness import wilson
from learning.algorithms.spreadsheets import plain_cell
from learning.staff_charts import Chart
from learning.staff_pages import EMPTY


@dataclass(frozen=True, slots=True)
class Head:
    title: str | Promise
    is_number: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    title: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Any]]

    @property
    def lines(self) -> list[list[tuple[Any, bool]]]:
        return [
            [(cell, head.is_number) for cell, head in zip(row, self.heads, strict=True)]
            for row in self.rows
        ]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a report says. export: heads and plain rows of the file."""

    sums: Sequence[tuple[Any, Any]]
    tables: Sequence[Table]
    export: tuple[Sequence[Any], Sequence[Sequence[Any]]]
    chart: Chart | None = None
    chart_title: str = ""
    note: str = ""


def share_of(part: int, whole: int, *, decimals: int = 1) -> str:
    return EMPTY if not whole else f"{number_format(100 * part / whole, decimals)} %"


def interval_of(part: int, whole: int) -> str:
    """The range in which the true share lies in 95 of 100 such counts."""
    if not whole:
        return EMPTY
    low, high = wilson(part, whole)
    return f"{number_format(100 * low, 1)} – {number_format(100 * high, 1)} %"


def heat(part: int, whole: int) -> Any:
    if not whole:
        return EMPTY
    share = part / whole
    return format_html(
        '<span class="zg-heat" style="--zg-heat: {}%">{}</span>',
        # Style sheets want a point whatever the reader's language is; dark ink stays readable.
        f"{min(share * 55, 45):.0f}",
        share_of(part, whole, decimals=0),
    )


class _Line:
    """What `csv` writes is handed on instead of kept."""

    def write(self, line: str) -> str:
        return line


def csv_file(
    name: str, heads: Sequence[Any], rows: Sequence[Sequence[Any]]
) -> StreamingHttpResponse:
    def lines() -> Iterator[str]:
        writer: Any = csv.writer(_Line())
        # The mark tells spreadsheets that this is UTF-8.
        yield "\ufeff" + writer.writerow([plain_cell(str(head)) for head in heads])
        for row in rows:
            yield writer.writerow([plain_cell(_plain(cell)) for cell in row])

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    file = f"{name}-{timezone.localdate():%Y-%m-%d}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return answer


def _plain(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, date) else str(cell)
