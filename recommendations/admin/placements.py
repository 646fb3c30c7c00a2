"""Staff pages of placements: how they are set up, and products pinned or banned."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline

from catalog.admin.translated import TranslatedLabels
from catalog.forms import MoneyField
from learning.staff_pages import EMPTY, ReadOnlyAdmin, StaffAdmin, chip, person
from recommendations.admin.placement_figures import figures_view
from recommendations.admin.placement_preview import preview_view
from recommendations.admin.placement_words import share_text
from recommendations.models import (
    Placement,
    PlacementRecommender,
    PlacementRule,
    Reason,
    Recommendation,
    TrendingProduct,
)
from recommendations.services import pinning
from recommendations.services.keeping import kept
from recommendations.services.measuring import Rate, read_rates
from recommendations.services.placement_settings import (
    TITLES,
    as_json,
    note_change,
    settings_of_row,
)
from recommendations.services.reasons import sentence

RULE_TONES = {"pin": "good", "ban": "bad"}


class PlacementForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    price_min_minor = MoneyField(label=gettext_lazy("not cheaper than"), required=False)
    price_max_minor = MoneyField(label=gettext_lazy("not dearer than"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if (cleaned.get("fewest") or 1) > (cleaned.get("limit") or 1):
            self.add_error("fewest", _("More than the most products that are shown."))
        for low, high in (
            ("price_min_minor", "price_max_minor"),
            ("price_from_percent", "price_to_percent"),
        ):
            lowest, highest = cleaned.get(low), cleaned.get(high)
            if lowest is not None and highest is not None and lowest > highest:
                self.add_error(low, _("The lower price is above the higher one."))
        return cleaned


class RecommenderInline(TabularInline):
    model = PlacementRecommender
    fields = ("recommender", "weight", "is_fallback", "position")
    extra = 0
    hide_title = True


@admin.register(Placement)
class PlacementAdmin(TranslatedLabels, StaffAdmin):
    form = PlacementForm
    list_before_template = "recommendations/staff/_placement_links.html"
    change_form_before_template = "recommendations/staff/_placement_links.html"
    list_display = ("place", "heading", "shown_label", "limit", "chosen_by", "click_rate")
    list_filter = ("is_on",)
    inlines = (RecommenderInline,)
    autocomplete_fields = ("brands", "categories")
    fieldsets = (
        (
            None,
            {"fields": ("is_on", "title_zh_hans", "title_en", ("limit", "fewest"))},
        ),
        (
            gettext_lazy("What may come up"),
            {
                "fields": (
                    "only_in_stock",
                    "not_in_cart",
                    "not_viewed",
                    "not_bought_days",
                    "other_category",
                    ("price_from_percent", "price_to_percent"),
                    ("price_min_minor", "price_max_minor"),
                    "brands",
                    "brands_are",
                    "categories",
                    "categories_are",
                )
            },
        ),
        (
            gettext_lazy("Order and variety"),
            {
                "fields": (
                    ("learned_order", "margin"),
                    "diversity",
                    ("brand_cap", "category_cap"),
                    "exploration",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Placement]:
        return super().get_queryset(request).prefetch_related("recommenders")

    def has_add_permission(self, request: HttpRequest) -> bool:
        # Which places there are is written in the pages.
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path(
                "preview/",
                wrap(lambda request: preview_view(self, request)),
                name="recommendations_placement_preview",
            ),
            path(
                "figures/",
                wrap(lambda request: figures_view(self, request)),
                name="recommendations_placement_figures",
            ),
            *super().get_urls(),
        ]

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST":
            placement = self.get_object(request, kwargs.get("object_id") or args[0])
            if placement is not None:
                # What the log of decisions compares with.
                request.placement_before = as_json(settings_of_row(placement))  # type: ignore[attr-defined]
        return super().change_view(request, *args, **kwargs)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        placement = Placement.objects.get(pk=form.instance.pk)
        before = getattr(request, "placement_before", {})
        note_change(placement=placement, before=before, user=person(request))

    @admin.display(description=gettext_lazy("place"), ordering="code")
    def place(self, placement: Placement) -> SafeString:
        return format_html('{}<br><span class="zg-quiet">{}</span>', str(placement), placement.code)

    @admin.display(description=gettext_lazy("heading"))
    def heading(self, placement: Placement) -> str:
        return str(placement.title or TITLES.get(placement.code, EMPTY))

    @admin.display(description=gettext_lazy("shown"), ordering="is_on")
    def shown_label(self, placement: Placement) -> SafeString:
        word = _("shown") if placement.is_on else _("off")
        return chip("on" if placement.is_on else "off", word, {"on": "good"})

    @admin.display(description=gettext_lazy("chosen by"))
    def chosen_by(self, placement: Placement) -> str:
        rows = list(placement.recommenders.all())
        mixed = [str(row) for row in rows if not row.is_fallback and row.weight > 0]
        fallbacks = [str(row) for row in rows if row.is_fallback]
        words = _(", ").join(mixed)
        if fallbacks:
            words = _("%(first)s; then %(rest)s") % {
                "first": words,
                "rest": _(", ").join(fallbacks),
            }
        return words

    @admin.display(description=gettext_lazy("clicks, 28 days"))
    def click_rate(self, placement: Placement) -> str:
        rate = self._rates().get(placement.code)
        if rate is None or rate.interval is None:
            return EMPTY
        low, high = rate.interval
        return _("%(share)s (%(low)s to %(high)s)") % {
            "share": share_text(rate.share),
            "low": share_text(low),
            "high": share_text(high),
        }

    def _rates(self) -> dict[str, Rate]:
        """Read once for a list: the catalogue's name stands for the day's figures long enough."""
        return kept("placement rates", make=read_rates)


@admin.register(PlacementRule)
class PlacementRuleAdmin(StaffAdmin):
    list_display = (
        "product",
        "kind_label",
        "where",
        "starts_at",
        "ends_at",
        "reason",
        "created_by",
    )
    list_filter = ("kind", "placement")
    search_fields = ("product__code", "product__name_zh_hans", "product__name_en", "reason")
    list_select_related = ("product", "placement", "created_by")
    autocomplete_fields = ("product",)
    fields = ("product", "kind", "placement", "starts_at", "ends_at", "reason")

    @admin.display(description=gettext_lazy("rule"), ordering="kind")
    def kind_label(self, rule: PlacementRule) -> SafeString:
        return chip(rule.kind, rule.get_kind_display(), RULE_TONES)

    @admin.display(description=gettext_lazy("placement"), ordering="placement")
    def where(self, rule: PlacementRule) -> str:
        return str(rule.placement) if rule.placement else _("everywhere")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # A rule is lifted and made anew, so that the log tells what held when.
        return False

    def save_model(self, request: HttpRequest, obj: PlacementRule, form: Any, change: bool) -> None:
        made = pinning.decide(
            product=obj.product,
            placement=obj.placement,
            kind=PlacementRule.Kind(obj.kind),
            user=person(request),
            starts_at=obj.starts_at,
            ends_at=obj.ends_at,
            reason=obj.reason,
        )
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: PlacementRule) -> None:
        pinning.lift(rule=obj, user=person(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[PlacementRule]) -> None:
        for rule in queryset:
            pinning.lift(rule=rule, user=person(request))


@admin.register(Recommendation)
class RecommendationAdmin(ReadOnlyAdmin):
    list_display = ("customer", "rank", "product", "why", "model_version", "created_at")
    list_filter = ("placement", "reason")
    search_fields = ("=customer__username", "=customer__email", "product__code")
    list_select_related = ("customer", "product", "model_version")
    fields = ("customer", "placement", "product", "rank", "score", "why", "model_version")

    @admin.display(description=gettext_lazy("why"))
    def why(self, row: Recommendation) -> str:
        return sentence(Reason(row.reason), because="", explanation=row.explanation)


@admin.register(TrendingProduct)
class TrendingProductAdmin(ReadOnlyAdmin):
    list_display = ("product", "orders_week", "before", "score_shown", "as_of")
    search_fields = ("product__code", "product__name_zh_hans", "product__name_en")
    list_select_related = ("product",)

    @admin.display(description=gettext_lazy("orders a week before"), ordering="orders_before")
    def before(self, row: TrendingProduct) -> str:
        return f"{row.orders_before:.1f}"

    @admin.display(description=gettext_lazy("score"), ordering="score")
    def score_shown(self, row: TrendingProduct) -> str:
        return f"{row.score:.1f}"
