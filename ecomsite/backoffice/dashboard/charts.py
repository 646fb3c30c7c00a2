"""Charts in the form that the theme's Chart.js takes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ACCENT = "var(--color-primary-500)"
# Seen through in light and dark alike.
BAND = "rgba(20, 150, 140, 0.18)"
PAST = "var(--color-base-400)"
POSITIVE = "var(--color-primary-500)"
MIXED = "var(--color-base-300)"
# The theme's own red is no variable.
NEGATIVE = "#c2564b"

# The theme draws bars three pixels wide unless told.
BAR_PIXELS = 18


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of the legend."""

    label: str
    color: str


@dataclass(frozen=True, slots=True)
class Chart:
    data: str
    options: str
    # What the chart says, for those who cannot see it.
    summary: str
    keys: Sequence[Key]


def as_chart(
    *,
    labels: Sequence[str],
    datasets: Sequence[Mapping[str, Any]],
    summary: str,
    keys: Sequence[Key],
    is_stacked: bool = False,
) -> Chart:
    return Chart(
        data=json.dumps({"labels": list(labels), "datasets": list(datasets)}),
        options=json.dumps(
            {
                "responsive": True,
                "maintainAspectRatio": False,
                "animation": False,
                "interaction": {"mode": "index", "intersect": False},
                # Ours stands below the chart, where it can say more and wraps on a phone.
                "plugins": {"legend": {"display": False}},
                "scales": {
                    "x": {
                        "stacked": is_stacked,
                        "grid": {"display": False},
                        "ticks": {"maxTicksLimit": 8, "maxRotation": 0, "color": "#8a8580"},
                    },
                    "y": {
                        "stacked": is_stacked,
                        "beginAtZero": True,
                        "border": {"display": False},
                        "grid": {"color": "#e7e5e4"},
                        "ticks": {"maxTicksLimit": 6, "color": "#8a8580"},
                    },
                },
            }
        ),
        summary=summary,
        keys=keys,
    )


def line(
    label: str, values: Sequence[float | None], *, color: str, width: int = 2, **more: Any
) -> dict[str, Any]:
    return {
        "label": label,
        "data": list(values),
        "borderColor": color,
        "backgroundColor": color,
        "borderWidth": width,
        "pointRadius": 0,
        "tension": 0.25,
        "spanGaps": False,
        **more,
    }


def bars(label: str, values: Sequence[int], *, color: str) -> dict[str, Any]:
    return {
        "label": label,
        "data": list(values),
        "backgroundColor": color,
        "barThickness": BAR_PIXELS,
        "borderRadius": 3,
    }
