"""What codes of scores are called, and their reasons as sentences."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from catalog.money import format_money
from learning.staff_pages import bar, figure, percent
from learning.wording import name_codes

name_codes(
    {
        # what customers did, as factors
        "recency_days": gettext_lazy("days since the last order"),
        "order_days": gettext_lazy("days with an order so far"),
        "spend_total": gettext_lazy("spent so far"),
        "tenure_days": gettext_lazy("days since the first order"),
        "gap_days": gettext_lazy("days between orders, as a rule"),
        "gap_spread": gettext_lazy("unevenness of the gaps"),
        "lateness": gettext_lazy("how late for the usual gap, times"),
        "orders_30": gettext_lazy("days with an order in 30 days"),
        "orders_90": gettext_lazy("days with an order in 90 days"),
        "spend_90_share": gettext_lazy("share of the spend in the last 90 days"),
        "spend_mean": gettext_lazy("spent on a day with an order"),
        "spend_last_ratio": gettext_lazy("last order against the usual one, times"),
        "lines_mean": gettext_lazy("products in an order"),
        "units_mean": gettext_lazy("units in an order"),
        "discount_share": gettext_lazy("share of discounts"),
        "days_since_return": gettext_lazy("days since the last return"),
        "visits_7": gettext_lazy("days with a visit in 7 days"),
        "visits_30": gettext_lazy("days with a visit in 30 days"),
        "carts_7": gettext_lazy("put into the cart in 7 days"),
        "rhythm": gettext_lazy("own rhythm of orders"),
        # what happens in a visit, as factors
        "visit_pages": gettext_lazy("pages seen"),
        "visit_clicks": gettext_lazy("products clicked"),
        "visit_searches": gettext_lazy("searches made"),
        "visit_cart_adds": gettext_lazy("put into the cart"),
        "visit_cart_removals": gettext_lazy("taken out of the cart"),
        "visit_products_seen": gettext_lazy("products looked at"),
        "visit_products_seen_again": gettext_lazy("products looked at again"),
        "visit_checkout_pages": gettext_lazy("pages of cart and checkout"),
        "visit_minutes": gettext_lazy("minutes in the shop"),
        "visit_seconds_an_event": gettext_lazy("seconds from one thing to the next"),
        "visit_visits_before": gettext_lazy("visits before"),
        "visit_bought_before": gettext_lazy("bought before"),
        "visit_by_letter_or_campaign": gettext_lazy("came by a letter or campaign"),
        "visit_on_a_phone": gettext_lazy("on a phone"),
        "visit_at_the_weekend": gettext_lazy("at the weekend"),
        "visit_hour_of_day": gettext_lazy("hour of the day"),
        # factors and facts of the value
        "orders_if_active": gettext_lazy("orders in a year if she stays"),
        "spend_of_an_order_minor": gettext_lazy("spent on an order"),
        "still_active": gettext_lazy("still a customer"),
        "orders_so_far": gettext_lazy("orders so far"),
        "days_since_last_order": gettext_lazy("days since the last order"),
        "days_since_first_order": gettext_lazy("days since the first order"),
        "own_share": gettext_lazy("share of it that is her own history"),
        # factors of affinities and of times
        "own_lines": gettext_lazy("order lines of her own"),
        "own_moments": gettext_lazy("moments of her own"),
        "shop_share": gettext_lazy("share in the whole shop"),
        # figures
        "calibration_error_by_rank": gettext_lazy("calibration error, bins of equal size"),
        "told_share": gettext_lazy("share that was told"),
        "happened_share": gettext_lazy("share that came"),
        "mae_orders": gettext_lazy("error of orders a customer"),
        "rmse_orders": gettext_lazy("error of orders a customer, squares"),
        "mae_spend": gettext_lazy("error of spend a customer, minor units"),
        "rmse_spend": gettext_lazy("error of spend a customer, squares, minor units"),
        "orders_told_of_came": gettext_lazy("orders told for each that came"),
        "spend_told_of_came": gettext_lazy("spend told for each unit that came"),
        "rank_correlation": gettext_lazy("likeness of the order by spend"),
        "log_loss_gain": gettext_lazy("gain in log loss on everybody's profile"),
        "hit_rate_at_3": gettext_lazy("bought from the three told first"),
        # parameters
        "rows_learned": gettext_lazy("rows learned from"),
        "customers_learned": gettext_lazy("customers learned from"),
        "boosted_share": gettext_lazy("share of boosted trees"),
        "base_share": gettext_lazy("how often it happened"),
        "leaves_at_once": gettext_lazy("may leave after the first order"),
        "penalty": gettext_lazy("inverse penalty of the regression"),
        "isotonic": gettext_lazy("calibrated in steps"),
        "log_loss_on_folds": gettext_lazy("log loss on folds inside training"),
        "logistic": gettext_lazy("logistic regression"),
        "boosted_share_0.5": gettext_lazy("half boosted trees"),
        "boosted_share_1": gettext_lazy("boosted trees alone"),
        "rate_factor": gettext_lazy("level of orders"),
        "spend_factor": gettext_lazy("level of spend"),
        "pull": gettext_lazy("pull to everybody's profile"),
        "half_life_days": gettext_lazy("half-life, days"),
        # a night
        "refresh_scores": gettext_lazy("expect what customers will do"),
        "purchase": gettext_lazy("purchase probabilities"),
        "churn": gettext_lazy("churn probabilities"),
        "customer_value": gettext_lazy("customer values"),
        "affinity": gettext_lazy("category affinities"),
        "writing_time": gettext_lazy("times to write"),
        "visit_purchase": gettext_lazy("visits"),
        "marks_over": gettext_lazy("marks that are over"),
        # checks and groups
        "account of very many orders": gettext_lazy("account of very many orders"),
        "order of no value": gettext_lazy("order of no value"),
        "very many on one day": gettext_lazy("very many on one day"),
        "very long visit": gettext_lazy("very long visit"),
        "country": gettext_lazy("country or region"),
        "one": gettext_lazy("one order so far"),
        "several": gettext_lazy("several orders so far"),
    }
)

MONEY = ("spend_total", "spend_mean", "spend_of_an_order_minor")
SHARES = ("discount_share", "spend_90_share", "still_active", "own_share", "shop_share")
YES_NO = (
    "visit_bought_before",
    "visit_by_letter_or_campaign",
    "visit_on_a_phone",
    "visit_at_the_weekend",
)
# A model's own unit says nothing to a reader; how strongly it speaks does.
STRONG, CLEAR = 0.8, 0.3


def factor_value(name: str, value: Any) -> str:
    if value is None:
        return _("not known yet")
    if name in MONEY:
        return format_money(round(float(value)), settings.CURRENCY)
    if name in SHARES:
        return share_text(float(value))
    if name == "rhythm":
        return ""
    if name in YES_NO:
        return _("yes") if value else _("no")
    return figure(round(float(value), 1))


def share_text(share: float) -> str:
    """Nothing that lies ahead is sure: 0.999 is more than 99 % and not all of it."""
    if share < 0.01:
        return f"< {percent(0.01)}"
    return f"> {percent(0.99)}" if share > 0.99 else percent(share)


def share_bar(share: float, *, tone: str = "") -> SafeString:
    return bar(share, text=share_text(share), tone=tone)


def strength(weight: float) -> str:
    """How strongly a factor speaks, for a push in logits."""
    if abs(weight) >= STRONG:
        return _("strongly")
    return _("clearly") if abs(weight) >= CLEAR else _("a little")


def short_reason(explanation: Mapping[str, Any]) -> str:
    """One line for a list: when she last ordered, and how often before."""
    told = explanation.get("facts", {})
    days, orders = told.get("days_since_last_order"), told.get("orders_so_far")
    if days is None or orders is None:
        return ""
    last = ngettext("last order %(n)d day ago", "last order %(n)d days ago", days) % {"n": days}
    count = ngettext("%(n)d order so far", "%(n)d orders so far", orders) % {"n": orders}
    return f"{last} · {count}"


def writing_slot(weekday: int, hour: int) -> str:
    """ "Thursday, 20:00-21:00" """
    return pgettext("slot", "%(weekday)s, %(hour)d:00–%(after)d:00") % {
        "weekday": weekday_name(weekday),
        "hour": hour,
        "after": hour + 1,
    }


def weekday_name(weekday: int) -> str:
    # The second of January 2023 was a Monday.
    return date_format(date(2023, 1, 2 + weekday), "l")


def decimal(value: float, places: int = 1) -> str:
    return number_format(round(value, places), decimal_pos=places)
