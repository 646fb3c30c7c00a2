"""Names of the codes that inventory stores, and reasons as sentences."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from learning.wording import name_codes

name_codes(
    {
        # factors of a forecast
        "level": gettext_lazy("level, units a day"),
        "shop_total": gettext_lazy("bulk orders of the whole shop"),
        "weekday": gettext_lazy("weekdays and days ahead"),
        "holiday": gettext_lazy("holidays and closed days"),
        "level_units_a_day": gettext_lazy("level, units a day"),
        "share_of_days_with_demand": gettext_lazy("share of days with demand"),
        "learned_until": gettext_lazy("learned until"),
        # factors and facts of a purchase order line
        "reorder_point": gettext_lazy("reorder point, units"),
        "lot": gettext_lazy("economic lot, units"),
        "position": gettext_lazy("stock position, units"),
        "packs_and_minimum": gettext_lazy("rounding to packs and minimum, units"),
        "price_break": gettext_lazy("raised to a price break, units"),
        "forecast_units": gettext_lazy("forecast, units"),
        "forecast_days": gettext_lazy("days of the forecast"),
        "forecast_as_of": gettext_lazy("forecast as of"),
        "daily_units": gettext_lazy("expected a day, units"),
        "lead_time_mean_days": gettext_lazy("lead time, days"),
        "lead_time_sd_days": gettext_lazy("spread of the lead time, days"),
        "lead_time_receipts": gettext_lazy("deliveries it was measured from"),
        "review_period_days": gettext_lazy("review period, days"),
        "service_level": gettext_lazy("service level"),
        "service_level_from": gettext_lazy("service level from"),
        "quantile_units": gettext_lazy("demand at that level, units"),
        "on_hand": gettext_lazy("on hand, units"),
        "reserved": gettext_lazy("reserved, units"),
        "on_order": gettext_lazy("on order, units"),
        "in_drafts": gettext_lazy("in drafts, units"),
        "order_up_to": gettext_lazy("order up to, units"),
        "shortfall": gettext_lazy("shortfall, units"),
        "pack_size": gettext_lazy("pack, units"),
        "minimum_order_quantity": gettext_lazy("minimum order, units"),
        "after_packs_and_minimum": gettext_lazy("after packs and minimum, units"),
        "quantity": gettext_lazy("ordered, units"),
        "unit_cost_minor": gettext_lazy("unit cost, minor units"),
        "supplier_is_assumed": gettext_lazy("supplier is assumed"),
        "costs": gettext_lazy("costs and margin"),
        "staff": gettext_lazy("what staff typed"),
        # figures of the model
        "wrmsse": gettext_lazy("error, weighted by revenue (WRMSSE)"),
        "rmsse": gettext_lazy("scaled error (RMSSE)"),
        "wape_28": gettext_lazy("error over 28 days (WAPE)"),
        "total_rmsse": gettext_lazy("scaled error of the shop's total"),
        "abs_bias": gettext_lazy("absolute bias"),
        "seasonal_naive_wrmsse": gettext_lazy("error of repeating last week (WRMSSE)"),
        "gain_on_seasonal_naive": gettext_lazy("gain on repeating last week"),
        "coverage_95_at_best": gettext_lazy("coverage of the 95 % quantile, at best"),
        "coverage_90": gettext_lazy("coverage of the 90 % quantile"),
        "coverage_95": gettext_lazy("coverage of the 95 % quantile"),
        "coverage_99": gettext_lazy("coverage of the 99 % quantile"),
        "pinball": gettext_lazy("pinball loss"),
        # groups of SKUs, checks of the data, drift
        "sells": gettext_lazy("sells"),
        "rarely": gettext_lazy("rarely"),
        "sometimes": gettext_lazy("sometimes"),
        "often": gettext_lazy("often"),
        "sold out": gettext_lazy("sold out"),
        "bulk day": gettext_lazy("bulk day"),
        "no price": gettext_lazy("no price"),
        "weekday_psi": gettext_lazy("shift between weekdays (PSI)"),
        "within_90": gettext_lazy("days within the 90 % quantile"),
    }
)


def line_reason(facts: Mapping[str, Any]) -> str:
    """Why so many are to be ordered, in one sentence with every number that decided."""
    if "reorder_point" not in facts:
        return _("Added by hand.")
    return _(
        "%(daily)s a day, %(lead)s ± %(spread)s days to arrive: %(level)s of such periods need at "
        "most %(point)s. Position %(position)s (on hand %(on_hand)s, reserved %(reserved)s, on "
        "order %(on_order)s). Up to %(up_to)s: %(shortfall)s short, in packs of %(pack)s from "
        "%(minimum)s on: %(quantity)s."
    ) % {
        "daily": _number(facts["daily_units"], 1),
        "lead": _number(facts["lead_time_mean_days"], 1),
        "spread": _number(facts["lead_time_sd_days"], 1),
        "level": f"{_number(100 * facts['service_level'], 1)} %",
        "point": _number(facts["reorder_point"]),
        "position": _number(facts["position"]),
        "on_hand": _number(facts["on_hand"]),
        "reserved": _number(facts["reserved"]),
        "on_order": _number(facts["on_order"] + facts["in_drafts"]),
        "up_to": _number(facts["order_up_to"]),
        "shortfall": _number(facts["shortfall"]),
        "pack": _number(facts["pack_size"]),
        "minimum": _number(facts["minimum_order_quantity"]),
        "quantity": _number(facts["quantity"]),
    }


def _number(value: float, decimals: int = 0) -> str:
    return number_format(round(value, decimals), decimal_pos=decimals, force_grouping=True)
