"""The reports of behaviour: funnel, paths, cohorts, searches, time to purchase."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.money import format_money
from insights.admin.behaviour_filters import FilterForm
from insights.admin.behaviour_tables import Head, Shown, Table, heat, interval_of, share_of
from insights.models import Page, PurchaseDelay, Visit
from insights.services import behaviour_reports as read
from insights.services.behaviour_reports import Choice, Funnel
from learning.staff_charts import ACCENT, EXPECTED, THIRD, Line, lines_chart
from learning.staff_pages import EMPTY, bar, figure

COHORT_MONTHS = 13
STEP_TITLES = (
    gettext_lazy("visits"),
    gettext_lazy("saw a product"),
    gettext_lazy("filled the cart"),
    gettext_lazy("began to check out"),
    gettext_lazy("bought"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """fields: which filters it knows."""

    name: str
    title: str | Promise
    about: str | Promise
    make: Callable[[FilterForm], Shown]
    fields: Sequence[str] = field(default_factory=tuple)


def _funnel(form: FilterForm) -> Shown:
    choice = form.choice
    found = read.read_funnels(choice)
    total = found.total
    steps = []
    before = None
    for title, number in zip(STEP_TITLES, total.steps, strict=True):
        steps.append(
            (
                title,
                figure(number),
                bar(number / total.visits if total.visits else None),
                EMPTY if before is None else share_of(number, before),
            )
        )
        before = number
    days = list(found.by_day)
    lines = [
        Line(str(title), [_part(each, name) for each in found.by_day.values()], color)
        for title, name, color in (
            (STEP_TITLES[2], "added_to_cart", ACCENT),
            (STEP_TITLES[3], "began_checkout", EXPECTED),
            (STEP_TITLES[4], "bought", THIRD),
        )
    ]
    sources = dict(Visit.Source.choices)
    return Shown(
        sums=[
            (_("visits"), figure(total.visits)),
            (_("visits with an order"), figure(total.bought)),
            (_("conversion"), share_of(total.bought, total.visits, decimals=2)),
            (_("confidence interval, 95 of 100"), interval_of(total.bought, total.visits)),
        ],
        chart=lines_chart(
            days, lines, summary=_("Share of the visits of a day that got so far."), is_percent=True
        )
        if total.visits
        else None,
        chart_title=_("Share of the visits of a day that got so far."),
        tables=[
            Table(
                _("How far visits went"),
                [
                    Head(_("step"), is_number=False),
                    Head(_("visits")),
                    Head(_("of all visits"), is_number=False),
                    Head(_("of the step before")),
                ],
                steps,
            ),
            Table(
                _("By what brought them"),
                [
                    Head(_("came by"), is_number=False),
                    *(Head(title) for title in STEP_TITLES),
                    Head(_("conversion")),
                    Head(_("confidence interval, 95 of 100")),
                ],
                [
                    (
                        sources.get(source, source),
                        *map(figure, each.steps),
                        share_of(each.bought, each.visits, decimals=2),
                        interval_of(each.bought, each.visits),
                    )
                    for source, each in found.by_source.items()
                ],
            ),
        ],
        export=(
            [_("day"), *STEP_TITLES],
            [(day, *each.steps) for day, each in found.by_day.items()],
        ),
        note="" if total.visits else _nothing(choice),
    )


def _part(funnel: Funnel, name: str) -> float | None:
    reached: int = getattr(funnel, name)
    return reached / funnel.visits if funnel.visits else None


def _nothing(choice: Choice) -> str:
    if choice.segment is not None:
        return _(
            "No visits of this segment in this period, or fewer customers than may be told apart."
        )
    return _(
        "No visits in this period. They are counted of visitors who allow statistics, and summed"
        " up every night."
    )


def _paths(form: FilterForm) -> Shown:
    choice = form.choice
    found = read.read_paths(choice)
    n_visits = sum(path.visits for path in found)
    pages = dict(Page.choices)
    named = [" → ".join(str(pages.get(step, step)) for step in path.steps) for path in found]
    single = sum(path.visits for path in found if len(path.steps) == 1)
    return Shown(
        sums=[
            (_("visits"), figure(n_visits)),
            (_("different paths"), figure(len(found))),
            (_("saw one kind of page alone"), share_of(single, n_visits)),
        ],
        tables=[
            Table(
                _("The most frequent ways through the shop"),
                [
                    Head(_("path"), is_number=False),
                    Head(_("visits")),
                    Head(_("of all visits"), is_number=False),
                    Head(_("bought")),
                    Head(_("conversion")),
                ],
                [
                    (
                        name,
                        figure(path.visits),
                        bar(path.visits / n_visits),
                        figure(path.bought),
                        share_of(path.bought, path.visits),
                    )
                    for name, path in zip(named[:50], found[:50], strict=True)
                ],
            )
        ],
        export=(
            [_("path"), _("visits"), _("bought")],
            [(name, path.visits, path.bought) for name, path in zip(named, found, strict=True)],
        ),
        note="" if found else _nothing(choice),
    )


def _cohorts(_form: FilterForm) -> Shown:
    found = read.read_cohorts(months=COHORT_MONTHS)
    longest = max((max(cohort.kept, default=0) for cohort in found), default=0)
    months = range(1, min(longest, COHORT_MONTHS - 1) + 1)
    rows = []
    for cohort in found:
        oldest = max((each.first_month for each in found), default=cohort.first_month)
        possible = (oldest.year - cohort.first_month.year) * 12 + (
            oldest.month - cohort.first_month.month
        )
        cells = [
            heat(cohort.kept.get(later, 0), cohort.customers) if later <= possible else ""
            for later in months
        ]
        rows.append(
            (
                date_format(cohort.first_month, "YEAR_MONTH_FORMAT"),
                figure(cohort.customers),
                format_money(cohort.revenue_minor, settings.CURRENCY),
                *cells,
            )
        )
    grown = [cohort for cohort in found if len(cohort.kept) > 1 or cohort is not found[-1]]
    came_back = sum(
        any(later > 0 for later in cohort.kept) and cohort.kept.get(1, 0) for cohort in grown
    )
    n_customers = sum(cohort.customers for cohort in grown)
    return Shown(
        sums=[
            (_("customers"), figure(sum(cohort.customers for cohort in found))),
            (_("ordered again in the month after"), share_of(came_back, n_customers)),
        ],
        tables=[
            Table(
                _("Share of a month's new customers who ordered again, by months later"),
                [
                    Head(_("month of the first order"), is_number=False),
                    Head(_("customers")),
                    Head(_("revenue")),
                    *(Head(f"+{later}") for later in months),
                ],
                rows,
            )
        ],
        export=(
            [_("month of the first order"), _("months later"), _("customers who ordered")],
            [
                (f"{cohort.first_month:%Y-%m}", later, kept)
                for cohort in found
                for later, kept in sorted(cohort.kept.items())
            ],
        ),
        note="" if found else _("No customer has ordered yet."),
    )


def _searches(form: FilterForm) -> Shown:
    choice = form.choice
    only = form.cleaned_data.get("found") != "all"
    found = read.read_searches(choice, only_without_result=only)
    by_day = read.read_search_days(choice)
    n, n_without = (sum(each[place] for each in by_day.values()) for place in (0, 1))
    days = [choice.first + timedelta(days=k) for k in range((choice.last - choice.first).days + 1)]
    values = [by_day.get(day, (0, 0)) for day in days]
    shares = [without / searched if searched else None for searched, without in values]
    languages = dict(settings.LANGUAGES)
    return Shown(
        sums=[
            (_("searches"), figure(n)),
            (_("without result"), figure(n_without)),
            (_("share without result"), share_of(n_without, n)),
        ],
        chart=lines_chart(
            days,
            [Line(_("share without result"), shares)],
            summary=_("Searches without result, of all searches of a day."),
            is_percent=True,
        )
        if n
        else None,
        chart_title=_("Searches without result, of all searches of a day."),
        tables=[
            Table(
                _("What was searched for"),
                [
                    Head(_("search words"), is_number=False),
                    Head(_("language"), is_number=False),
                    Head(_("searches")),
                    Head(_("visitors")),
                    Head(_("without result")),
                    Head(_("last on"), is_number=False),
                ],
                [
                    (
                        search.words,
                        languages.get(search.language, search.language or EMPTY),
                        figure(search.searches),
                        figure(search.visitors),
                        figure(search.without_result),
                        date_format(search.last_on, "SHORT_DATE_FORMAT"),
                    )
                    for search in found[:100]
                ],
            )
        ],
        export=(
            [_("search words"), _("language"), _("searches"), _("visitors"), _("without result")],
            [
                (each.words, each.language, each.searches, each.visitors, each.without_result)
                for each in found
            ],
        ),
        note="" if found else _("Nobody searched for anything like that in this period."),
    )


def _delays(form: FilterForm) -> Shown:
    choice = form.choice
    found = read.read_delays(choice)
    total = sum(sum(counts.values()) for counts in found.values())
    sources = [
        source for source in Visit.Source if any(counts[source] for counts in found.values())
    ]
    names = dict(PurchaseDelay.Within.choices)
    at_once = sum(found[PurchaseDelay.Within.VISIT].values())
    return Shown(
        sums=[
            (_("visits with an order"), figure(total)),
            (_("in the first visit"), share_of(at_once, total)),
        ],
        tables=[
            Table(
                _("From the first visit to the order, by what brought the visitor then"),
                [
                    Head(_("time to purchase"), is_number=False),
                    Head(_("visits with an order")),
                    Head(_("of all"), is_number=False),
                    *(Head(source.label) for source in sources),
                ],
                [
                    (
                        names[within],
                        figure(sum(counts.values())),
                        bar(sum(counts.values()) / total if total else None),
                        *(figure(counts[source]) for source in sources),
                    )
                    for within, counts in found.items()
                ],
            )
        ],
        export=(
            [_("time to purchase"), _("came by"), _("visits with an order")],
            [
                (names[within], Visit.Source(source).label, number)
                for within, counts in found.items()
                for source, number in sorted(counts.items())
            ],
        ),
        note="" if total else _nothing(choice),
    )


_ALL = ("days", "source", "device", "language", "audience", "segment")
REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        Report(
            "funnel",
            gettext_lazy("Funnel"),
            gettext_lazy(
                "Visits of people who allow statistics; what programs did is left out. Each step"
                " holds the visits that reached it or a later one."
            ),
            _funnel,
            _ALL,
        ),
        Report(
            "paths",
            gettext_lazy("Paths"),
            gettext_lazy("Kinds of pages one after the other; the same kind in a row counts once."),
            _paths,
            _ALL,
        ),
        Report(
            "cohorts",
            gettext_lazy("Cohorts"),
            gettext_lazy(
                "Customers by the month of their first order, and how many of them ordered again"
                " in each month after it. Guests and cancelled orders are left out."
            ),
            _cohorts,
        ),
        Report(
            "searches",
            gettext_lazy("Searches"),
            gettext_lazy(
                "What visitors searched for. A search whose words had to be corrected or loosened"
                " counts as one without result. Words that look like an address or a number of"
                " somebody are not kept."
            ),
            _searches,
            ("days", "language", "found"),
        ),
        Report(
            "time",
            gettext_lazy("Time to purchase"),
            gettext_lazy(
                "From the first visit of a browser, or the first one after its last order, to the"
                " visit that ended with an order; 90 days are looked back."
            ),
            _delays,
            _ALL,
        ),
    )
}
