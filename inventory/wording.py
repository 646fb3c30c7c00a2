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
        "shelf_life": gettext_lazy("left out because it would expire, units"),
        "budget": gettext_lazy("left out by the budget, units"),
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
        "in_transfer": gettext_lazy("on the way between warehouses, units"),
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
        # scores of lines
        "units_ordered": gettext_lazy("ordered, units"),
        "units_accepted": gettext_lazy("accepted, units"),
        "units_damaged": gettext_lazy("damaged, units"),
        "units_missing": gettext_lazy("never came, units"),
        "cost_difference_minor": gettext_lazy("dearer than ordered, minor units"),
        "unit_margin_minor": gettext_lazy("margin of a unit, minor units"),
        "monthly_mean_units": gettext_lazy("mean of a month, units a day"),
        "habit_level_units": gettext_lazy("level of the habit, units"),
        "lot_units": gettext_lazy("economic lot, units"),
        "habit_first_order_units": gettext_lazy("the habit would have ordered, units"),
        "wait_days": gettext_lazy("days to arrive"),
        "money_counted_from": gettext_lazy("money counted from"),
        "lost_units": gettext_lazy("missed, units"),
        "habit_lost_units": gettext_lazy("missed by the habit, units"),
        "habit_lost_margin_minor": gettext_lazy("lost margin of the habit, minor units"),
        "habit_holding_minor": gettext_lazy("holding of the habit, minor units"),
        "habit_units_left": gettext_lazy("left by the habit, units"),
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
        # factors and facts of advice on prices
        "units_sold": gettext_lazy("units sold"),
        "margin_of_one": gettext_lazy("margin of one unit"),
        "mean_price": gettext_lazy("mean price"),
        "elasticity": gettext_lazy("elasticity"),
        "elasticity_own_share": gettext_lazy("share of its own weeks in that"),
        "price_variation": gettext_lazy("price variation"),
        "weeks_with_demand": gettext_lazy("weeks with demand"),
        "days_of_cover": gettext_lazy("days the stock lasts"),
        "last_sold_on": gettext_lazy("last asked for on"),
        "units_without_plan": gettext_lazy("units sold without a plan"),
        "applied_price_minor": gettext_lazy("applied price, minor units"),
        "prices_minor": gettext_lazy("prices, minor units"),
        "money_freed_minor": gettext_lazy("money freed, minor units"),
        "profit_minor": gettext_lazy("profit, minor units"),
        "price_minor": gettext_lazy("price, minor units"),
        "lower_minor": gettext_lazy("tenth percentile, minor units"),
        "upper_minor": gettext_lazy("ninetieth percentile, minor units"),
        "mae_log": gettext_lazy("error of the logarithm"),
        "mae_log_moved": gettext_lazy("error of the logarithm, prices moved"),
        "rmse_log_moved": gettext_lazy("squared error of the logarithm, prices moved"),
        "unpooled_mae_log_moved": gettext_lazy("error of each SKU alone"),
        "gain_on_unpooled": gettext_lazy("gain on each SKU alone"),
        "coverage_80": gettext_lazy("coverage of the middle 80 %"),
        "within_quarter": gettext_lazy("prices hit within a quarter"),
        "median_mae_log": gettext_lazy("error of the shop's median"),
        "category_median_mae_log": gettext_lazy("error of the category's median"),
        "gain_on_category_median": gettext_lazy("gain on the category's median"),
        "odd price": gettext_lazy("odd price"),
        "no name": gettext_lazy("no name"),
        "advised": gettext_lazy("advised"),
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
    reason = _(
        "%(daily)s a day, %(lead)s ± %(spread)s days to arrive: %(level)s of such periods need at "
        "most %(point)s. Position %(position)s (on hand %(on_hand)s, reserved %(reserved)s, on "
        "order %(on_order)s). Up to %(up_to)s: %(shortfall)s short, in packs of %(pack)s from "
        "%(minimum)s on: %(quantity)s."
    ) % {
        "daily": _number(facts["daily_units"], 1),
        "lead": _number(facts["lead_time_mean_days"], 1),
        "spread": _number(facts["lead_time_sd_days"], 1),
        # Lines from before fill rates were followed have the level alone.
        "level": f"{_number(100 * facts.get('window_probability', facts['service_level']), 1)} %",
        "point": _number(facts["reorder_point"]),
        "position": _number(facts["position"]),
        "on_hand": _number(facts["on_hand"]),
        "reserved": _number(facts["reserved"]),
        "on_order": _number(facts["on_order"] + facts["in_drafts"] + facts.get("in_transfer", 0)),
        "up_to": _number(facts["order_up_to"]),
        "shortfall": _number(facts["shortfall"]),
        "pack": _number(facts["pack_size"]),
        "minimum": _number(facts["minimum_order_quantity"]),
        "quantity": _number(facts["quantity"]),
    }
    return " ".join([reason, *_cuts(facts)])


def _cuts(facts: Mapping[str, Any]) -> list[str]:
    """What took units off, or put them on, after packs and minimum."""
    sentences = []
    packed = facts["after_packs_and_minimum"]
    kept = facts.get("after_shelf_life", packed)
    raised = facts.get("after_price_break", facts["quantity"])
    if kept < packed:
        sentences.append(
            _("%(units)s less, because they would expire unsold within %(days)s days.")
            % {"units": _number(packed - kept), "days": _number(facts["shelf_life_days"])}
        )
    if raised > kept:
        sentences.append(_("%(units)s more for a lower price.") % {"units": _number(raised - kept)})
    if facts["quantity"] < raised:
        sentences.append(
            _("%(units)s less, because the budget does not reach.")
            % {"units": _number(raised - facts["quantity"])}
        )
    return sentences


def short_reason(facts: Mapping[str, Any]) -> str:
    """Why a line cannot wait, in so few words that ten of them can be read at once."""
    if "daily_units" not in facts:
        return _("Added by hand.")
    daily, position = facts["daily_units"], facts["position"]
    words = {
        "position": _number(position),
        "daily": _number(daily, 1),
        "lead": _number(facts["lead_time_mean_days"], 0),
    }
    if position <= 0:
        return _("None left or coming, %(daily)s a day, %(lead)s days to arrive.") % words
    if daily <= 0:
        return _("%(position)s left, hardly sold, %(lead)s days to arrive.") % words
    lasts = {**words, "days": _number(position / daily, 0)}
    return (
        _("%(position)s left last %(days)s days at %(daily)s a day; %(lead)s days to arrive.")
        % lasts
    )


def _number(value: float, decimals: int = 0) -> str:
    return number_format(round(value, decimals), decimal_pos=decimals, force_grouping=True)
