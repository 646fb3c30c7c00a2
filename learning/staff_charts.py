"""Charts of staff pages: data and options for the Chart.js that the theme bundles."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

# Each is told from the others, and stands out, on a white and on a dark ground.
ACCENT = "#0d9488"
EXPECTED = "#ea580c"
QUIET = "#8a8580"
THIRD = "#7c3aed"
BAND = "rgba(20, 148, 136, 0.18)"
WARM_BAND = "rgba(234, 88, 12, 0.18)"
DASHES = [5, 4]


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of the legend, which stands below the chart, where it wraps on a phone."""

    label: str
    color: str


@dataclass(frozen=True, slots=True)
class Chart:
    """What `learning/staff/chart.html` takes; data and options are JSON.

    summary: what the chart says, for those who cannot see it.
    """

    data: str
    options: str
    summary: str = ""
    keys: Sequence[Key] = ()


@dataclass(frozen=True, slots=True)
class ChartDay:
    """One day: what happened, or what is expected with its band; None where there is nothing."""

    day: date
    happened: float | None = None
    expected: float | None = None
    lower: float | None = None
    upper: float | None = None
    is_muted: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    label: str
    values: Sequence[float | None]
    color: str = ACCENT
    is_dashed: bool = False


def forecast_chart(
    days: Sequence[ChartDay], *, happened: str | Promise, summary: str = ""
) -> Chart:
    """Bars for what happened, a line with its band for what is expected.

    happened: what the bars are called. Muted days (sold out) have grey bars.
    """
    datasets = [
        {
            "type": "bar",
            "label": str(happened),
            "data": [day.happened for day in days],
            "backgroundColor": [QUIET if day.is_muted else ACCENT for day in days],
            "barPercentage": 0.9,
            "categoryPercentage": 0.9,
            "maxBarThickness": 14,
        },
        _line(_("expected"), [day.expected for day in days], EXPECTED),
        {**_line(_("tenth percentile"), [day.lower for day in days], WARM_BAND), "borderWidth": 1},
        {
            **_line(_("ninetieth percentile"), [day.upper for day in days], WARM_BAND),
            "borderWidth": 1,
            "fill": "-1",
        },
    ]
    keys = [Key(str(happened), ACCENT)]
    if any(day.is_muted for day in days):
        keys.append(Key(_("sold out"), QUIET))
    keys.append(Key(_("expected"), EXPECTED))
    keys.append(Key(_("eight of ten days lie within"), WARM_BAND))
    return _chart([day.day for day in days], datasets, summary, keys, is_percent=False)


def lines_chart(
    days: Sequence[date], lines: Sequence[Line], *, summary: str, is_percent: bool = False
) -> Chart:
    """Lines over days; shares are drawn as percent. The scale of shares fits what is drawn."""
    factor = 100 if is_percent else 1
    datasets = [
        {
            **_line(
                line.label,
                [None if one is None else round(one * factor, 3) for one in line.values],
                line.color,
            ),
            "borderDash": DASHES if line.is_dashed else [],
            # A single night is a point, which a line alone would not show.
            "pointRadius": 3 if len(days) == 1 else 0,
            "spanGaps": True,
        }
        for line in lines
    ]
    keys = [Key(line.label, line.color) for line in lines]
    return _chart(days, datasets, summary, keys, is_percent=is_percent)


def _line(label: str, values: Sequence[float | None], color: str) -> dict[str, Any]:
    return {
        "type": "line",
        "label": label,
        "data": list(values),
        "borderColor": color,
        "backgroundColor": color,
        "borderWidth": 2,
        "pointRadius": 0,
        "fill": False,
        "tension": 0.2,
    }


def _chart(
    days: Sequence[date],
    datasets: Sequence[dict[str, Any]],
    summary: str,
    keys: Sequence[Key],
    *,
    is_percent: bool,
) -> Chart:
    labels = [date_format(day, "SHORT_DATE_FORMAT") for day in days]
    options = {
        "responsive": True,
        "maintainAspectRatio": False,
        "animation": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {"legend": {"display": False}},
        "scales": {
            "x": {
                "grid": {"display": False},
                "ticks": {
                    "autoSkip": True,
                    "maxTicksLimit": 6,
                    "maxRotation": 0,
                    "color": QUIET,
                },
            },
            "y": {
                "beginAtZero": not is_percent,
                "border": {"display": False},
                "ticks": {"maxTicksLimit": 5, "color": QUIET},
                "title": {"display": is_percent, "text": "%", "color": QUIET},
            },
        },
    }
    return Chart(
        data=json.dumps({"labels": labels, "datasets": list(datasets)}, ensure_ascii=False),
        options=json.dumps(options),
        summary=summary,
        keys=keys,
    )
