"""The page on which a buyer tries other rules on the shop's own last weeks."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.money import decimals, format_money
from inventory.services.what_if import Change, Outcome, Policy, Scenario, WhatIf, replay_past
from learning.staff_charts import Chart
from learning.staff_pages import StaffAdmin, figure

PERMISSIONS = ("inventory.view_purchaseorder", "inventory.view_reorderpolicy")
_FIELD = {"class": "zg-input"}
SCENARIO_TITLES: dict[Scenario, str | Promise] = {
    Scenario.HAPPENED: gettext_lazy("What happened"),
    Scenario.NOW: gettext_lazy("As the shop orders now"),
    Scenario.CHANGED: gettext_lazy("With your change"),
    Scenario.HABIT: gettext_lazy("Monthly min/max"),
}
COLOURS = {
    Scenario.HAPPENED: "#94a3b8",
    Scenario.NOW: "#0d9488",
    Scenario.CHANGED: "#c2410c",
    Scenario.HABIT: "#6366f1",
}


class ChangeForm(forms.Form):
    service_level = forms.DecimalField(
        label=gettext_lazy("fill rate asked for, percent"),
        required=False,
        min_value=Decimal(50),
        max_value=Decimal("99.9"),
        max_digits=4,
        decimal_places=1,
        widget=forms.NumberInput(
            attrs={**_FIELD, "step": "0.1", "placeholder": gettext_lazy("as decided for each SKU")}
        ),
    )
    lead_time_percent = forms.IntegerField(
        label=gettext_lazy("lead times, percent of today's"),
        required=False,
        min_value=10,
        max_value=500,
        widget=forms.NumberInput(attrs={**_FIELD, "placeholder": "100"}),
    )
    budget = forms.DecimalField(
        label=gettext_lazy("budget a week, money"),
        required=False,
        min_value=Decimal(0),
        max_digits=14,
        decimal_places=2,
        widget=forms.NumberInput(
            attrs={**_FIELD, "step": "1", "placeholder": gettext_lazy("no limit")}
        ),
    )
    policy = forms.ChoiceField(
        label=gettext_lazy("policy"),
        required=False,
        choices=[
            (Policy.FORECAST.value, gettext_lazy("forecast and service level")),
            (Policy.MONTHLY.value, gettext_lazy("min/max, anew every four weeks")),
            (Policy.STATIC.value, gettext_lazy("min/max, set once")),
        ],
        widget=forms.Select(attrs=_FIELD),
    )

    def change(self, currency: str) -> Change:
        typed = self.cleaned_data
        level, budget = typed.get("service_level"), typed.get("budget")
        return Change(
            service_level=None if level is None else float(level) / 100,
            lead_time_percent=typed.get("lead_time_percent") or 100,
            budget_minor=None
            if budget is None
            else int(budget.scaleb(decimals(currency)).to_integral_value()),
            policy=Policy(typed.get("policy") or Policy.FORECAST),
        )


@dataclass(frozen=True, slots=True)
class WhatIfPage:
    form: ChangeForm
    found: WhatIf | None
    titles: list[str | Promise]
    rows: list[tuple[str, list[str]]]
    chart: Chart | None


def what_if_view(page: StaffAdmin, request: HttpRequest, *, currency: str) -> HttpResponse:
    """Everything is read from the address and the past; nothing is written."""
    if not request.user.has_perms(PERMISSIONS):
        raise PermissionDenied
    form = ChangeForm(request.GET or None)
    change = form.change(currency) if form.is_bound and form.is_valid() else Change()
    # What cannot be read is said beside its field; nothing is replayed for it.
    found = None if form.is_bound and form.errors else replay_past(change=change)
    context = {
        **page.admin_site.each_context(request),
        "title": _("What if"),
        "page": WhatIfPage(
            form=form,
            found=found,
            titles=[SCENARIO_TITLES[outcome.scenario] for outcome in found.outcomes]
            if found
            else [],
            rows=_rows(found) if found else [],
            chart=_chart(found) if found else None,
        ),
    }
    return TemplateResponse(request, "inventory/staff/what_if.html", context)


def _rows(found: WhatIf) -> list[tuple[str, list[str]]]:
    def row(title: str, cell: Any) -> tuple[str, list[str]]:
        return title, [cell(outcome) for outcome in found.outcomes]

    def money(name: str) -> Any:
        return lambda outcome: format_money(getattr(outcome, name), found.currency)

    def short(outcome: Outcome) -> str:
        return figure(outcome.short_days)

    return [
        row(_("fill rate"), lambda outcome: f"{number_format(100 * outcome.fill_rate, 1)} %"),
        row(_("days on which a SKU ran short"), short),
        row(_("money tied up, mean"), money("stock_minor")),
        row(_("cost in all"), money("cost_minor")),
        row(_("of it lost margin"), money("lost_margin_minor")),
        row(_("of it holding"), money("holding_minor")),
        row(_("of it order lines"), money("ordering_minor")),
        row(_("order lines"), lambda outcome: figure(outcome.order_lines)),
    ]


def _chart(found: WhatIf) -> Chart:
    data = {
        "labels": [date_format(week, "MONTH_DAY_FORMAT") for week in found.weeks],
        "datasets": [
            {
                "label": str(SCENARIO_TITLES[outcome.scenario]),
                "data": [round(100 * share, 1) for share in outcome.weekly_fill],
                "borderColor": COLOURS[outcome.scenario],
                "backgroundColor": COLOURS[outcome.scenario],
                "borderWidth": 2,
                "pointRadius": 2,
                "tension": 0.2,
            }
            for outcome in found.outcomes
        ],
    }
    options = {
        "responsive": True,
        "maintainAspectRatio": False,
        "animation": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {"legend": {"position": "bottom", "labels": {"boxWidth": 10, "boxHeight": 10}}},
        "scales": {
            "x": {
                "grid": {"display": False},
                "ticks": {"autoSkip": True, "maxTicksLimit": 6, "maxRotation": 0},
            },
            "y": {"border": {"display": False}, "ticks": {"maxTicksLimit": 5}},
        },
    }
    return Chart(json.dumps(data, ensure_ascii=False), json.dumps(options))
