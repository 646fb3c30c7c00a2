"""Staff pages of similar products and the rules for pairs."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.staff_pages import ReadOnlyAdmin, StaffAdmin, bar, chip, person
from recommendations.models import Reason, SimilarProduct, SimilarProductRule
from recommendations.services import rules
from recommendations.services.similar import reason_sentence

REASON_TONES = {
    "bought_together": "good",
    "viewed_together": "info",
    "similar_content": "info",
    "pinned": "warn",
}
RULE_TONES = {"pin": "good", "ban": "bad"}


@admin.register(SimilarProduct)
class SimilarProductAdmin(ReadOnlyAdmin):
    list_display = (
        "product",
        "rank",
        "similar",
        "reason_label",
        "why",
        "confidence_bar",
        "model_version",
    )
    list_filter = ("reason",)
    search_fields = ("product__code", "product__name_zh_hans", "product__name_en")
    list_select_related = ("product", "similar", "model_version")
    actions = ("pin_selected", "ban_selected")
    fields = (
        "product",
        "similar",
        "rank",
        "score",
        "reason_label",
        "why",
        "model_version",
        "created_at",
    )

    @admin.display(description=gettext_lazy("reason"), ordering="reason")
    def reason_label(self, row: SimilarProduct) -> SafeString:
        return chip(row.reason, row.get_reason_display(), REASON_TONES)

    @admin.display(description=gettext_lazy("why"))
    def why(self, row: SimilarProduct) -> str:
        return reason_sentence(Reason(row.reason), row.explanation)

    @admin.display(description=gettext_lazy("confidence"), ordering="confidence")
    def confidence_bar(self, row: SimilarProduct) -> SafeString:
        return bar(row.confidence)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("recommendations.add_similarproductrule"))

    @admin.action(description=gettext_lazy("Always show this pair"), permissions=["decide"])
    def pin_selected(self, request: HttpRequest, queryset: QuerySet[SimilarProduct]) -> None:
        for row in queryset.select_related("product", "similar"):
            rules.pin(product=row.product, similar=row.similar, user=person(request))
        messages.success(request, _("These pairs are always shown from now on."))

    @admin.action(description=gettext_lazy("Never show this pair"), permissions=["decide"])
    def ban_selected(self, request: HttpRequest, queryset: QuerySet[SimilarProduct]) -> None:
        for row in queryset.select_related("product", "similar"):
            rules.ban(product=row.product, similar=row.similar, user=person(request))
        messages.success(request, _("These pairs are never shown again."))


@admin.register(SimilarProductRule)
class SimilarProductRuleAdmin(StaffAdmin):
    list_display = ("product", "kind_label", "similar", "reason", "created_by", "created_at")
    list_filter = ("kind",)
    search_fields = ("product__code", "similar__code", "reason")
    list_select_related = ("product", "similar", "created_by")
    autocomplete_fields = ("product", "similar")
    fields = ("product", "similar", "kind", "reason")

    @admin.display(description=gettext_lazy("rule"), ordering="kind")
    def kind_label(self, rule: SimilarProductRule) -> SafeString:
        return chip(rule.kind, rule.get_kind_display(), RULE_TONES)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A rule is lifted and made anew, so that the log tells what held when.
        return False

    def save_model(
        self, request: HttpRequest, obj: SimilarProductRule, form: Any, change: bool
    ) -> None:
        decide = rules.pin if obj.kind == SimilarProductRule.Kind.PIN else rules.ban
        made = decide(
            product=obj.product, similar=obj.similar, user=person(request), reason=obj.reason
        )
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: SimilarProductRule) -> None:
        rules.lift(rule=obj, user=person(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[SimilarProductRule]) -> None:
        for rule in queryset:
            rules.lift(rule=rule, user=person(request))
