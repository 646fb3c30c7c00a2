"""Tables of staff pages as files that spreadsheets open."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from inventory.admin.forecast_tabs import forecast_tabs
from learning.algorithms.spreadsheets import plain_cell
from learning.staff_pages import StaffAdmin


class _Line:
    """What `csv` writes is handed on instead of kept."""

    def write(self, line: str) -> str:
        return line


def csv_file(
    name: str, heads: Sequence[object], rows: Iterable[Sequence[object]]
) -> StreamingHttpResponse:
    """name: without the ending, of letters, digits and dashes."""
    titles = [str(head) for head in heads]

    def lines() -> Iterator[str]:
        writer: Any = csv.writer(_Line(), lineterminator="\r\n")
        # The mark tells spreadsheets that this is UTF-8.
        yield "\ufeff" + writer.writerow([plain_cell(title) for title in titles])
        for row in rows:
            yield writer.writerow([plain_cell(cell) for cell in row])

    answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


class ExportedList(StaffAdmin):
    """A list under the tabs of forecasts, whose filtered rows are a file at `?export=csv`.

    tab: the name of the address that is marked as shown.
    """

    tab = ""

    def export(self, found: QuerySet[Any]) -> StreamingHttpResponse:
        raise NotImplementedError

    def above_the_list(self, request: HttpRequest, found: QuerySet[Any]) -> dict[str, Any]:
        """What the template before the list is told; found: what the filters leave."""
        return {}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponseBase:
        asked = request.GET.copy()
        wants_file = asked.pop("export", None) == ["csv"]
        if wants_file:
            # The list takes a parameter that it does not know for a mistake and leads away.
            request.GET = asked  # type: ignore[assignment]  # as mutable as Django's own copies
        context = {"tabs": forecast_tabs(request, self.tab), **(extra_context or {})}
        answer: Any = super().changelist_view(request, context)
        changes = (getattr(answer, "context_data", None) or {}).get("cl")
        if changes is None:
            return answer  # type: ignore[no-any-return]  # unfold has no types
        if wants_file:
            return self.export(changes.queryset)
        asked["export"] = "csv"
        answer.context_data["export_query"] = asked.urlencode()
        answer.context_data.update(self.above_the_list(request, changes.queryset))
        return answer  # type: ignore[no-any-return]  # unfold has no types
