"""Staff pages of what visitors did."""

from functools import partial

from django.contrib import admin
from django.urls import URLPattern, path, re_path
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateTimeFilter

from insights import wording as wording
from insights.admin.behaviour_reports import REPORTS
from insights.admin.behaviour_views import live_view, report_view
from insights.models import Interaction, Page, Visit
from learning.staff_pages import EMPTY, ReadOnlyAdmin, chip

KIND_TONES = {"purchase": "good", "add_to_cart": "info", "click": "info"}


@admin.register(Interaction)
class InteractionAdmin(ReadOnlyAdmin):
    list_display = (
        "occurred_at",
        "kind_label",
        "product",
        "page",
        "placement",
        "source",
        "query",
        "visitor",
    )
    list_filter = ("kind", "page", "placement", ("occurred_at", RangeDateTimeFilter))
    search_fields = ("product__code", "query", "source", "arm")
    list_select_related = ("product",)

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def kind_label(self, interaction: Interaction) -> SafeString:
        return chip(interaction.kind, interaction.get_kind_display(), KIND_TONES)

    @admin.display(description=gettext_lazy("visitor"))
    def visitor(self, interaction: Interaction) -> str:
        """Enough of the random name to tell visitors apart on one page."""
        return interaction.visitor_key[:8]


@admin.register(Visit)
class VisitAdmin(ReadOnlyAdmin):
    """The list of visits, and the reports about them."""

    list_display = (
        "started_at",
        "source_label",
        "device",
        "language",
        "way",
        "n_views",
        "n_orders",
        "robot_label",
    )
    list_filter = ("source", "device", "language", "robot", ("started_at", RangeDateTimeFilter))
    search_fields = ("referrer", "campaign", "visitor_key")

    def get_urls(self) -> list[URLPattern]:
        """Reports are about visits, so whoever sees visits may see them."""
        wrap = self.admin_site.admin_view
        names = "|".join(REPORTS)
        return [
            path(
                "reports/",
                wrap(partial(report_view, self, name=next(iter(REPORTS)))),
                name="insights_behaviour",
            ),
            re_path(
                rf"^reports/(?P<name>{names})/$",
                wrap(partial(report_view, self)),
                name="insights_behaviour_report",
            ),
            path("live/", wrap(partial(live_view, self)), name="insights_live"),
            *super().get_urls(),
        ]

    @admin.display(description=gettext_lazy("came by"), ordering="source")
    def source_label(self, visit: Visit) -> str:
        words = [visit.get_source_display(), visit.referrer, visit.campaign]
        return " · ".join(word for word in words if word)

    @admin.display(description=gettext_lazy("path"))
    def way(self, visit: Visit) -> str:
        names = dict(Page.choices)
        return " → ".join(str(names.get(step, step)) for step in visit.path.split()) or EMPTY

    @admin.display(description=gettext_lazy("program"), ordering="robot")
    def robot_label(self, visit: Visit) -> SafeString | str:
        return chip("bad", visit.get_robot_display(), {"bad": "warn"}) if visit.robot else EMPTY
