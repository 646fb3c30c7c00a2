"""Charts of staff pages: data and options for the Chart.js that the theme bundles."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

BAND = "rgba(20, 148, 136, 0.16)"


@dataclass(frozen=True, slots=True)
class Chart:
    """What `unfold/components/chart/bar.html` takes, both as JSON."""

    data: str
    options: str


@dataclass(frozen=True, slots=True)
class ChartDay:
    """One day: what happened, or what is expected with its band; None where there is nothing."""

    day: date
    happened: float | None = None
    expected: float | None = None
    lower: float | None = None
    upper: float | None = None
    is_muted: bool = False


def forecast_chart(days: Sequence[ChartDay], *, happened: str | Promise) -> Chart:
    """Bars for what happened, a line with its band for what is expected.

    happened: what the bars are called. Muted days (sold out) have grey bars.
    """
    muted = "var(--color-base-300)"
    bars = "var(--color-primary-600)"
    datasets = [
        {
            "type": "bar",
            "label": str(happened),
            "data": [day.happened for day in days],
            "backgroundColor": [muted if day.is_muted else bars for day in days],
            "barPercentage": 0.9,
            "categoryPercentage": 0.9,
            "maxBarThickness": 14,
        },
        _line(_("expected"), [day.expected for day in days], "#c2410c", 2),
        {**_line(_("tenth percentile"), [day.lower for day in days], BAND, 1), "fill": False},
        {
            **_line(_("ninetieth percentile"), [day.upper for day in days], BAND, 1),
            "fill": "-1",
            "backgroundColor": BAND,
        },
    ]
    labels = [date_format(day.day, "SHORT_DATE_FORMAT") for day in days]
    data = {"labels": labels, "datasets": datasets}
    return Chart(json.dumps(data, ensure_ascii=False), json.dumps(_OPTIONS))


def _line(label: str, values: Sequence[float | None], colour: str, width: int) -> dict[str, object]:
    return {
        "type": "line",
        "label": label,
        "data": values,
        "borderColor": colour,
        "backgroundColor": colour,
        "borderWidth": width,
        "pointRadius": 0,
        "tension": 0.2,
    }


_OPTIONS = {
    "responsive": True,
    "maintainAspectRatio": False,
    "animation": False,
    "interaction": {"mode": "index", "intersect": False},
    "plugins": {
        "legend": {"position": "bottom", "labels": {"boxWidth": 10, "boxHeight": 10}},
    },
    "scales": {
        "x": {
            "grid": {"display": False},
            "ticks": {"autoSkip": True, "maxTicksLimit": 8, "maxRotation": 0},
        },
        "y": {
            "beginAtZero": True,
            "border": {"display": False},
            "ticks": {"maxTicksLimit": 5},
        },
    },
}
