"""Staff pages of prices: advice, predicted prices, floors."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateFilter

import inventory.wording  # noqa: F401  # the codes of the explanations get their names
from catalog.money import format_money
from inventory.errors import InventoryError
from inventory.models import PriceFloor, PricePrediction, PriceSuggestion
from inventory.services import price_predictions, prices
from learning.proposal_admin import ProposalAdmin
from learning.staff_pages import EMPTY, StaffAdmin, bar, figure, percent

UNITS_SHOWN_WITH_DECIMALS = 100


@admin.register(PriceSuggestion)
class PriceSuggestionAdmin(ProposalAdmin):
    list_display = (
        "sku",
        "product_name",
        "change",
        "units_change",
        "profit_change",
        "sureness",
        "review_label",
        "outcome",
    )
    list_filter = ("status", ("as_of", RangeDateFilter))
    search_fields = ("sku__code", "sku__product__name_zh_hans", "sku__product__name_en")
    list_select_related = ("sku__product", "model_version", "reviewed_by")
    fields = ("sku", "product_name", "as_of", "version_name", "decided_by")
    ordering = ("status", "-profit_minor", "pk")
    refusals = (*ProposalAdmin.refusals, InventoryError)
    shown_facts = (
        "elasticity",
        "elasticity_own_share",
        "price_variation",
        "weeks_with_demand",
        "learned_until",
    )
    share_facts = ("elasticity_own_share",)

    @admin.display(description=gettext_lazy("product"))
    def product_name(self, suggestion: PriceSuggestion) -> str:
        return suggestion.sku.product.name

    @admin.display(description=gettext_lazy("price now → suggested"), ordering="price_minor")
    def change(self, suggestion: PriceSuggestion) -> str:
        now, then = suggestion.price_now_minor, suggestion.price_minor
        # Django cuts decimals off; people round.
        points = number_format(round(100 * (then / max(now, 1) - 1)), decimal_pos=0)
        sign = "+" if then > now else ""
        return f"{money(suggestion, now)} → {money(suggestion, then)} ({sign}{points}\u00a0%)"

    @admin.display(description=gettext_lazy("units: now → expected"), ordering="units")
    def units_change(self, suggestion: PriceSuggestion) -> str:
        return f"{units(suggestion.units_now)} → {units(suggestion.units)}"

    @admin.display(description=gettext_lazy("profit: now → expected"), ordering="profit_minor")
    def profit_change(self, suggestion: PriceSuggestion) -> str:
        now, then = suggestion.profit_now_minor, suggestion.profit_minor
        return f"{money(suggestion, now)} → {money(suggestion, then)}"

    @admin.display(description=gettext_lazy("earns more, probability"), ordering="confidence")
    def sureness(self, suggestion: PriceSuggestion) -> SafeString:
        return bar(suggestion.confidence)

    @admin.display(description=gettext_lazy("units since, beside the shop's trend"))
    def outcome(self, suggestion: PriceSuggestion) -> str:
        beside = suggestion.score.get("units_change_beside_trend")
        return EMPTY if beside is None else f"× {number_format(round(beside, 2), decimal_pos=2)}"

    def evidence(self, proposal: PriceSuggestion) -> SafeString:
        rows = [
            {
                "price": money(proposal, one.price),
                "units": units(one.units),
                "profit": money(proposal, one.profit),
                "is_advised": one.price == proposal.price_minor,
                "is_now": one.price == proposal.price_now_minor,
            }
            for one in prices.price_ladder(proposal)
        ]
        facts = proposal.explanation.get("facts", {})
        return render_to_string(
            "inventory/staff/price_evidence.html",
            {
                "rows": rows,
                "days": proposal.horizon_days,
                "name": self.product_name(proposal),
                "cost": money(proposal, proposal.unit_cost_minor),
                "lowest": money(proposal, round(facts.get("lowest_seen_minor") or 0)),
                "highest": money(proposal, round(facts.get("highest_seen_minor") or 0)),
                "score": score_rows(proposal),
            },
        )

    def verdict(self, proposal: PriceSuggestion) -> SafeString:
        return format_html(
            '<strong>{}</strong> <span class="zg-quiet">{}<br>{}</span>',
            self.change(proposal),
            _("Units %(units)s (%(lower)s … %(upper)s)")
            % {
                "units": self.units_change(proposal),
                "lower": units(proposal.units_lower),
                "upper": units(proposal.units_upper),
            },
            _("Profit %(profit)s (%(lower)s … %(upper)s)")
            % {
                "profit": self.profit_change(proposal),
                "lower": money(proposal, proposal.profit_lower_minor),
                "upper": money(proposal, proposal.profit_upper_minor),
            },
        )

    def corrections(self, proposal: PriceSuggestion) -> Sequence[tuple[str, str]]:
        return [
            (
                str(one.price),
                _("%(price)s: %(units)s units, profit %(profit)s")
                % {
                    "price": money(proposal, one.price),
                    "units": units(one.units),
                    "profit": money(proposal, one.profit),
                },
            )
            for one in prices.other_prices(proposal)
        ]

    def accept(self, proposal: Any, *, user: AbstractUser, reason: str) -> None:
        prices.accept_suggestion(suggestion=proposal, user=user, reason=reason)

    def correct(self, proposal: Any, *, correction: str, user: AbstractUser, reason: str) -> None:
        prices.correct_suggestion(
            suggestion=proposal, price_minor=int(correction), user=user, reason=reason
        )

    def reject(self, proposal: Any, *, user: AbstractUser, reason: str) -> None:
        prices.reject_suggestion(suggestion=proposal, user=user, reason=reason)


@admin.register(PricePrediction)
class PricePredictionAdmin(ProposalAdmin):
    list_display = (
        "sku",
        "product_name",
        "predicted",
        "bounds",
        "confidence_bar",
        "review_label",
        "created_at",
    )
    list_filter = ("status",)
    search_fields = ("sku__code", "sku__product__name_zh_hans", "sku__product__name_en")
    list_select_related = ("sku__product", "model_version", "reviewed_by")
    fields = ("sku", "product_name", "version_name", "decided_by")
    refusals = (*ProposalAdmin.refusals, InventoryError)

    @admin.display(description=gettext_lazy("product"))
    def product_name(self, prediction: PricePrediction) -> str:
        return prediction.sku.product.name

    @admin.display(description=gettext_lazy("predicted price"), ordering="price_minor")
    def predicted(self, prediction: PricePrediction) -> str:
        return money(prediction, prediction.price_minor)

    @admin.display(description=gettext_lazy("eight in ten lie between"))
    def bounds(self, prediction: PricePrediction) -> str:
        lower, upper = prediction.lower_minor, prediction.upper_minor
        return f"{money(prediction, lower)} … {money(prediction, upper)}"

    def evidence(self, proposal: PricePrediction) -> SafeString:
        rows = price_predictions.comparables_of(proposal)
        return render_to_string(
            "inventory/staff/comparables.html",
            {
                "name": self.product_name(proposal),
                "rows": [
                    {
                        "address": reverse("admin:catalog_sku_change", args=[one.sku.pk]),
                        "code": one.sku.code,
                        "name": one.sku.product.name,
                        "price": format_money(one.price_minor, one.sku.currency),
                        "likeness": percent(one.likeness),
                    }
                    for one in rows
                ],
            },
        )

    def verdict(self, proposal: PricePrediction) -> SafeString:
        return format_html(
            '<strong>{}</strong> <span class="zg-quiet">{}</span>',
            self.predicted(proposal),
            self.bounds(proposal),
        )

    def corrections(self, proposal: PricePrediction) -> Sequence[tuple[str, str]]:
        """The ends of the bounds, steps between them, and what comparables cost."""
        return [
            (str(price), money(proposal, price))
            for price in price_predictions.other_prices(proposal)
        ]

    def accept(self, proposal: Any, *, user: AbstractUser, reason: str) -> None:
        price_predictions.accept_prediction(prediction=proposal, user=user, reason=reason)

    def correct(self, proposal: Any, *, correction: str, user: AbstractUser, reason: str) -> None:
        price_predictions.correct_prediction(
            prediction=proposal, price_minor=int(correction), user=user, reason=reason
        )

    def reject(self, proposal: Any, *, user: AbstractUser, reason: str) -> None:
        price_predictions.reject_prediction(prediction=proposal, user=user, reason=reason)


@admin.register(PriceFloor)
class PriceFloorAdmin(StaffAdmin):
    list_display = ("sku", "lowest", "reason", "updated_by", "updated_at")
    search_fields = ("sku__code", "reason")
    list_select_related = ("sku", "updated_by")
    autocomplete_fields = ("sku",)
    fields = ("sku", "price_minor", "reason")

    @admin.display(description=gettext_lazy("lowest price"), ordering="price_minor")
    def lowest(self, floor: PriceFloor) -> str:
        return format_money(floor.price_minor, floor.sku.currency)

    def save_model(self, request: HttpRequest, obj: PriceFloor, form: Any, change: bool) -> None:
        obj.updated_by = request.user  # type: ignore[assignment]  # staff are users of the shop
        super().save_model(request, obj, form, change)


def money(row: Any, amount_minor: int) -> str:
    """In the currency of the row's SKU."""
    return format_money(amount_minor, row.sku.currency)


def units(value: float) -> str:
    """Slow sellers need a decimal, fast ones none."""
    decimals = 1 if value < UNITS_SHOWN_WITH_DECIMALS else 0
    return number_format(round(value, decimals), decimal_pos=decimals, force_grouping=True)


def score_rows(suggestion: PriceSuggestion) -> list[tuple[str, str]]:
    """How it turned out; empty until its horizon has passed."""
    score = suggestion.score
    if not score:
        return []
    return [
        (_("units before → after"), f"{score['units_before']} → {score['units_after']}"),
        (_("units expected"), units(score["units_expected"])),
        (
            _("profit before → after"),
            f"{money(suggestion, score['profit_before_minor'])} → "
            f"{money(suggestion, score['profit_after_minor'])}",
        ),
        (_("profit expected"), money(suggestion, score["profit_expected_minor"])),
        (_("change of all other SKUs"), figure(score["shop_trend"])),
        (_("change beside that"), figure(score["units_change_beside_trend"])),
        (_("within the bounds promised"), figure(score["within_bounds"])),
        (_("days sold out since"), figure(score["sold_out_days"])),
    ]
