"""What the staff pages of every app share: page sizes, labels, bars and tables of figures."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, cast

from django.contrib.auth.models import AbstractUser
from django.db.models import Model
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from learning.wording import code_name

EMPTY = "–"


class StaffAdmin(ModelAdmin):
    """A page of the back office.

    Lists are paged by the server and count only what is shown: a full count of half a million
    order lines costs more than the page.
    """

    list_per_page = 25
    list_max_show_all = 100
    show_full_result_count = False
    list_filter_submit = False
    empty_value_display = EMPTY
    warn_unsaved_form = True


class ReadOnlyAdmin(StaffAdmin):
    """What the machine wrote and people only read."""

    actions: Sequence[Any] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def person(request: HttpRequest) -> AbstractUser:
    """Who is at work: the back office lets nobody in without an account."""
    return cast("AbstractUser", request.user)


def percent(share: float | None) -> str:
    """0.8342 -> "83 %"."""
    return EMPTY if share is None else f"{number_format(share * 100, decimal_pos=0)} %"


def figure(value: Any) -> str:
    """A value of a JSON column to read: numbers with as many decimals as their size needs."""
    if value is None or value == "":
        return EMPTY
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Mapping):
        return ", ".join(f"{code_name(code)} {figure(part)}" for code, part in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(figure(part) for part in value)
    if not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int) or abs(value) >= 1000:
        return number_format(value, decimal_pos=0, force_grouping=True)
    decimals = 1 if abs(value) >= 100 else 3
    return number_format(Decimal(f"{value:.{decimals}f}").normalize(), use_l10n=True).strip()


def bar(share: float | None, *, text: str | None = None, tone: str = "") -> SafeString:
    """A bar for a share between 0 and 1 with its number beside it.

    tone: "good", "warn" or "bad"; empty for the shop's own colour.
    """
    if share is None:
        return format_html("{}", EMPTY)
    width = round(100 * min(max(share, 0.0), 1.0), 1)
    return format_html(
        '<span class="zg-bar {}"><span class="zg-bar-track"><span style="width:{}%"></span></span>'
        '<span class="zg-bar-text">{}</span></span>',
        f"zg-{tone}" if tone else "",
        # Style sheets want a point whatever the reader's language is.
        f"{width:.1f}",
        text or percent(share),
    )


def picture(address: str | None, *, text: str, size: str = "small") -> SafeString:
    """A picture in a list ("small") or on a page ("large")."""
    if not address:
        return format_html("{}", EMPTY)
    return format_html(
        '<img class="zg-picture zg-picture-{}" src="{}" alt="{}" loading="lazy">',
        size,
        address,
        text,
    )


def chip(code: str, text: Any, tones: Mapping[str, str] | None = None) -> SafeString:
    """A state as a coloured label. tones: code -> "good", "warn", "bad" or "info"."""
    tone = (tones or {}).get(code, "")
    return format_html('<span class="zg-chip {}">{}</span>', f"zg-{tone}" if tone else "", text)


def figures_table(*columns: tuple[Any, Mapping[str, Any]]) -> SafeString:
    """Figures of several sources side by side, one row a metric. columns: title and figures."""
    metrics = list(dict.fromkeys(metric for _title, figures in columns for metric in figures))
    return render_to_string(
        "learning/staff/figures.html",
        {
            "titles": [title for title, _figures in columns],
            "rows": [
                {
                    "name": code_name(metric),
                    "code": metric,
                    "values": [figure(figures.get(metric)) for _title, figures in columns],
                }
                for metric in metrics
            ],
        },
    )


def facts_table(facts: Iterable[tuple[Any, Any]]) -> SafeString:
    """Name and value, one pair a row; names that are codes are replaced by what they are called."""
    return render_to_string(
        "learning/staff/facts.html",
        {"facts": [(code_name(str(name)), figure(value)) for name, value in facts]},
    )
