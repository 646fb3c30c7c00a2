"""Staff page of what visitors did."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateTimeFilter

from insights.models import Interaction
from learning.staff_pages import ReadOnlyAdmin, chip

KIND_TONES = {"purchase": "good", "add_to_cart": "info", "click": "info"}


@admin.register(Interaction)
class InteractionAdmin(ReadOnlyAdmin):
    list_display = ("occurred_at", "kind_label", "product", "placement", "query", "visitor")
    list_filter = ("kind", "placement", ("occurred_at", RangeDateTimeFilter))
    search_fields = ("product__code", "query")
    list_select_related = ("product",)

    @admin.display(description=gettext_lazy("kind"), ordering="kind")
    def kind_label(self, interaction: Interaction) -> SafeString:
        return chip(interaction.kind, interaction.get_kind_display(), KIND_TONES)

    @admin.display(description=gettext_lazy("visitor"))
    def visitor(self, interaction: Interaction) -> str:
        """Enough of the random name to tell visitors apart on one page."""
        return interaction.visitor_key[:8]
