"""Staff page of visits under way and lately, by how likely each ends in an order."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from insights.admin.scores import MarkedFilter, ScoreAdmin
from insights.models import VisitPropensity
from insights.score_wording import factor_value, share_bar
from insights.services.visit_scores import PIPELINE
from learning.staff_pages import EMPTY, chip
from learning.wording import code_name


@admin.register(VisitPropensity)
class VisitPropensityAdmin(ScoreAdmin):
    list_display = ("seen_at", "visitor", "who", "probability", "because", "ordered", "mark")
    list_filter = ("has_ordered", MarkedFilter)
    ordering = ("-seen_at", "pk")
    search_fields = ("visitor_key",)
    pipeline = PIPELINE

    def get_queryset(self, request: HttpRequest) -> QuerySet[VisitPropensity]:
        rows: QuerySet[VisitPropensity] = super().get_queryset(request)
        return rows

    def above(self, request: HttpRequest) -> dict[str, Any]:
        return {
            "facts": [],
            "explain": _(
                "Told of each visit by what is known while it lasts. Who hesitates with a full "
                "cart can be offered help in the chat; who buys anyway needs no discount."
            ),
        }

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        return HttpResponseRedirect(reverse("admin:insights_visitpropensity_changelist"))

    @admin.display(description=gettext_lazy("visitor"))
    def visitor(self, row: VisitPropensity) -> str:
        """Enough of the random name to tell visitors apart on one page."""
        return row.visitor_key[:8]

    @admin.display(description=gettext_lazy("customer"))
    def who(self, row: VisitPropensity) -> SafeString:
        if row.customer_id is None:
            return format_html("{}", EMPTY)
        return super().who(row)

    @admin.display(description=gettext_lazy("order in this visit"), ordering="value")
    def probability(self, row: VisitPropensity) -> SafeString:
        return share_bar(row.value)

    @admin.display(description=gettext_lazy("because"))
    def because(self, row: VisitPropensity) -> str:
        return " · ".join(
            f"{code_name(one['name'])}: {factor_value(one['name'], one['value'])} "
            f"{'▲' if one['direction'] == 'up' else '▼'}"
            for one in row.explanation.get("factors", [])[:2]
        )

    @admin.display(description=gettext_lazy("ordered"), ordering="has_ordered")
    def ordered(self, row: VisitPropensity) -> SafeString:
        if row.has_ordered is None:
            return chip("open", _("under way"), {"open": "info"})
        if row.has_ordered:
            return chip("yes", _("yes"), {"yes": "good"})
        return chip("no", _("no"))
