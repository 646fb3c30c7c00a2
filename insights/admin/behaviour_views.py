"""Pages of behaviour: a report with its filters, and the last minutes live."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from insights.admin.behaviour_filters import USUAL_DAYS, FilterForm
from insights.admin.behaviour_reports import REPORTS
from insights.admin.behaviour_tables import csv_file
from insights.models import Page
from insights.services import behaviour_reports as read
from insights.services import unusual
from learning.staff_pages import StaffAdmin, figure


def _tabs(shown: str) -> list[tuple[str, str | Promise, bool]]:
    return [(report.name, report.title, report.name == shown) for report in REPORTS.values()]


def report_view(
    page: StaffAdmin, request: HttpRequest, name: str
) -> HttpResponse | StreamingHttpResponse:
    """With `export=csv` the rows as a file."""
    if not page.has_view_permission(request):
        raise PermissionDenied
    report = REPORTS[name]
    # Without a choice the list of periods would show its first one.
    asked = {"days": str(USUAL_DAYS), **request.GET.dict()}
    form = FilterForm(asked, names=report.fields)
    form.is_valid()
    shown = report.make(form)
    if request.GET.get("export") == "csv":
        return csv_file(report.name, *shown.export)
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": report.title,
        "report": report,
        "form": form,
        "shown": shown,
        "tabs": _tabs(name),
        "oddities": oddity_sentences(),
        "unknown": unknown_sentences(),
    }
    return TemplateResponse(request, "insights/staff/behaviour.html", context)


def live_view(page: StaffAdmin, request: HttpRequest) -> HttpResponse:
    """The page, or the part of it that is asked for every few seconds."""
    if not page.has_view_permission(request):
        raise PermissionDenied
    live = read.read_live(now=timezone.now())
    most = max((minute.views for minute in live.minutes), default=0)
    shown = {
        "live": live,
        "pages": [(dict(Page.choices).get(code, code), figure(n)) for code, n in live.pages],
        "bars": [
            {
                "moment": timezone.localtime(minute.moment),
                "views": minute.views,
                "x": 10 * place,
                "height": 100 * minute.views // max(most, 1),
                "y": 100 - 100 * minute.views // max(most, 1),
            }
            for place, minute in enumerate(live.minutes)
        ],
        "n_views": figure(sum(minute.views for minute in live.minutes)),
    }
    if request.headers.get("HX-Request") == "true":
        return render(request, "insights/staff/_live.html", shown)
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": _("Live"),
        "tabs": _tabs(""),
        "is_live": True,
        "oddities": oddity_sentences(),
        **shown,
    }
    return TemplateResponse(request, "insights/staff/live.html", context)


def oddity_sentences() -> list[tuple[int, str]]:
    """What nobody has looked at yet, with the key of its page."""
    return [
        (row.pk, unusual.sentence(row.check_name, row.examples[0] if row.examples else {}))
        for row in unusual.read_open()
    ]


def unknown_sentences() -> list[str]:
    """Which checks cannot say anything yet, and why."""
    sentences = {
        unusual.CONVERSION: _(
            "Not enough data to see a drop of conversion: %(known)d of %(needed)d days with 50"
            " visits or more."
        ),
        unusual.OUTAGE: _(
            "Not enough data to see that pages stopped reporting: %(known)d of %(needed)d busy"
            " hours."
        ),
    }
    return [
        sentences[each.check] % {"known": each.known, "needed": each.needed}
        for each in unusual.past_known(as_of=timezone.localdate())
    ]
