"""What rules may ask of a customer: each field with its inputs, its meaning and its words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.countries import country_name
from customers.models import Consent
from insights.models import (
    CategoryAffinity,
    ChurnScore,
    CustomerValue,
    Interaction,
    PurchasePropensity,
    RfmScore,
    SegmentMembership,
)
from insights.services.segment_rules import choices, facts
from insights.services.segment_rules import parameters as inputs
from insights.services.segment_rules.parameters import BOUND_OPERATORS, TIME_OPERATORS, Parameter
from insights.services.segment_rules.phrases import (
    bound,
    money_bound,
    one_of,
    period,
    since,
    times,
)

Values = Mapping[str, Any]
Compiled = Callable[[Values, datetime], Q]
Worded = Callable[[dict[str, Any]], str]


class Family(StrEnum):
    """What a field is about; look-alikes must not learn from what the rule already says."""

    PERSON = "person"
    ORDERS = "orders"
    GOODS = "goods"
    VOICE = "voice"
    BEHAVIOUR = "behaviour"
    EXPECTED = "expected"
    GROUPS = "groups"


FAMILY_TITLES: Mapping[Family, str | Promise] = {
    Family.PERSON: gettext_lazy("Customer"),
    Family.ORDERS: gettext_lazy("Orders"),
    Family.GOODS: gettext_lazy("What was bought"),
    Family.VOICE: gettext_lazy("Returns and reviews"),
    Family.BEHAVIOUR: gettext_lazy("Behaviour"),
    Family.GROUPS: gettext_lazy("Groups"),
    Family.EXPECTED: gettext_lazy("What is expected"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """compile: the condition on people. words: what staff read, a phrase after "customers who"."""

    code: str
    family: Family
    title: str | Promise
    parameters: tuple[Parameter, ...]
    compile: Compiled
    words: Worded


def _named(choices: Callable[[], inputs.Choices], values: Values) -> str:
    titles = dict(choices())
    return one_of([str(titles[key]).lstrip("– ") for key in values["among"] if key in titles])


def _bounded(name: str, values: Values, value: Any) -> Q:
    lookup = {"at_least": "gte", "at_most": "lte", "exactly": "exact"}[values["is"]]
    return Q(**{f"{name}__{lookup}": value})


def _time(values: Values, moment: datetime, name: str) -> Q:
    edge = moment - timedelta(days=values["days"])
    if values["is"] == "within":
        return Q(**{f"{name}__gte": edge, f"{name}__lte": moment})
    return Q(**{f"{name}__lt": edge})


def _orders(values: Values, moment: datetime) -> Q:
    rows = facts.orders(moment, values.get("days"))
    return facts.counted(rows, customer="customer", comparison=values["is"], n=values["n"])


def _spend(values: Values, moment: datetime) -> Q:
    rows = facts.orders(moment, values.get("days"))
    return facts.spent(rows, comparison=values["is"], amount_minor=inputs.minor(values["amount"]))


def _last_order(values: Values, moment: datetime) -> Q:
    if values["is"] == "within":
        return facts.of(facts.orders(moment, values["days"]), "customer")
    return facts.long_ago(facts.orders(moment), "customer", "placed_at", moment, values["days"])


def _first_order(values: Values, moment: datetime) -> Q:
    rows = facts.orders(moment)
    edge = moment - timedelta(days=values["days"])
    earlier = facts.of(rows.filter(placed_at__lt=edge), "customer")
    return earlier if values["is"] == "before" else facts.of(rows, "customer") & ~earlier


def _bought(way: Callable[[Values], Q]) -> Compiled:
    def compiled(values: Values, moment: datetime) -> Q:
        rows = facts.order_lines(moment, values.get("days")).filter(way(values))
        return facts.counted(
            rows,
            customer="order__customer",
            comparison=values["is"],
            n=values["n"],
            count="order",
        )

    return compiled


def _returns(values: Values, moment: datetime) -> Q:
    rows = facts.returns(moment, values.get("days"))
    return facts.counted(rows, customer="order__customer", comparison=values["is"], n=values["n"])


def _reviews(values: Values, moment: datetime) -> Q:
    rows = facts.reviews(moment, values.get("days"))
    return facts.counted(rows, customer="author", comparison=values["is"], n=values["n"])


def _stars(values: Values, moment: datetime) -> Q:
    rows = facts.reviews(moment, values.get("days")).filter(_bounded("stars", values, values["n"]))
    return facts.of(rows, "author")


def _did(kind: str) -> Compiled:
    def compiled(values: Values, moment: datetime) -> Q:
        rows = facts.behaviour(kind, moment, values.get("days"))
        if "among" in values:
            rows = rows.filter(facts.within_categories(values["among"], "product"))
        if "text" in values:
            rows = rows.filter(query__icontains=values["text"])
        return facts.counted(rows, customer="customer", comparison=values["is"], n=values["n"])

    return compiled


def _rfm(name: str) -> Compiled:
    def compiled(values: Values, moment: datetime) -> Q:
        return facts.of(RfmScore.objects.filter(_bounded(name, values, values["n"])), "customer")

    return compiled


def _expected(model: Any, value: Callable[[Values], Any]) -> Compiled:
    """Scores that a person marked as wrong are nothing to act on."""

    def compiled(values: Values, moment: datetime) -> Q:
        rows = model.objects.standing().filter(_bounded("value", values, value(values)))
        return facts.of(rows, "customer")

    return compiled


def _percent(values: Values) -> float:
    return float(values["n"]) / 100


def _percent_bound(values: dict[str, Any]) -> str:
    return bound(values, f"{values['n']} %")


def _score_bound(values: dict[str, Any]) -> str:
    return bound(values, str(values["n"]))


_LAST_DAYS = inputs.last_days()
_TIMES = (inputs.operator(), inputs.number(gettext_lazy("times")))
_WHEN = (inputs.operator(TIME_OPERATORS), inputs.days())
_QUINTILE = (
    inputs.operator(),
    inputs.number(gettext_lazy("from 1 to 5"), low=1, high=5),
)
_SHARE = (
    inputs.operator(BOUND_OPERATORS),
    inputs.number(gettext_lazy("per cent"), high=100, unit="%"),
)
_CATEGORIES = inputs.among(gettext_lazy("categories"), choices.categories)

_ALL = (
    Field(
        "language",
        Family.PERSON,
        gettext_lazy("Language"),
        (inputs.among(gettext_lazy("languages"), choices.languages),),
        lambda values, _moment: Q(language__in=values["among"]),
        lambda values: _("read %(names)s") % {"names": _named(choices.languages, values)},
    ),
    Field(
        "country",
        Family.PERSON,
        gettext_lazy("Country or region"),
        (inputs.among(gettext_lazy("countries or regions"), choices.countries),),
        lambda values, _moment: Q(country__in=values["among"]),
        lambda values: (
            _("live in %(names)s")
            % {"names": one_of([country_name(code) for code in values["among"]])}
        ),
    ),
    Field(
        "joined",
        Family.PERSON,
        gettext_lazy("Account opened"),
        _WHEN,
        lambda values, moment: _time(values, moment, "date_joined"),
        lambda values: _("opened their account %(when)s") % {"when": since(values)},
    ),
    Field(
        "last_login",
        Family.PERSON,
        gettext_lazy("Last login"),
        _WHEN,
        lambda values, moment: _time(values, moment, "last_login"),
        lambda values: _("last logged in %(when)s") % {"when": since(values)},
    ),
    Field(
        "consent",
        Family.PERSON,
        gettext_lazy("Consent"),
        (inputs.among(gettext_lazy("purposes"), choices.purposes),),
        lambda values, _moment: _all_of(facts.consenting(one) for one in values["among"]),
        lambda values: (
            _("agreed to %(names)s")
            % {
                "names": _(" and to ").join(
                    str(Consent.Purpose(one).label) for one in values["among"]
                )
            }
        ),
    ),
    Field(
        "orders",
        Family.ORDERS,
        gettext_lazy("Number of orders"),
        (*_TIMES, _LAST_DAYS),
        _orders,
        lambda values: (
            _("ordered %(times)s%(period)s") % {"times": times(values), "period": period(values)}
        ),
    ),
    Field(
        "spend",
        Family.ORDERS,
        gettext_lazy("Money spent"),
        (inputs.operator(BOUND_OPERATORS), inputs.money(), _LAST_DAYS),
        _spend,
        lambda values: (
            _("spent %(amount)s%(period)s")
            % {"amount": money_bound(values), "period": period(values)}
        ),
    ),
    Field(
        "last_order",
        Family.ORDERS,
        gettext_lazy("Last order"),
        _WHEN,
        _last_order,
        lambda values: _("last ordered %(when)s") % {"when": since(values)},
    ),
    Field(
        "first_order",
        Family.ORDERS,
        gettext_lazy("First order"),
        _WHEN,
        _first_order,
        lambda values: _("first ordered %(when)s") % {"when": since(values)},
    ),
    Field(
        "bought_category",
        Family.GOODS,
        gettext_lazy("Orders with a category"),
        (_CATEGORIES, *_TIMES, _LAST_DAYS),
        _bought(lambda values: facts.within_categories(values["among"], "sku__product")),
        lambda values: (
            _("bought from %(names)s %(times)s%(period)s")
            % {
                "names": _named(choices.categories, values),
                "times": times(values),
                "period": period(values),
            }
        ),
    ),
    Field(
        "bought_brand",
        Family.GOODS,
        gettext_lazy("Orders with a brand"),
        (inputs.among(gettext_lazy("brands"), choices.brands), *_TIMES, _LAST_DAYS),
        _bought(lambda values: Q(sku__product__brand__in=values["among"])),
        lambda values: (
            _("bought goods of %(names)s %(times)s%(period)s")
            % {
                "names": _named(choices.brands, values),
                "times": times(values),
                "period": period(values),
            }
        ),
    ),
    Field(
        "bought_product",
        Family.GOODS,
        gettext_lazy("Orders with a product"),
        (inputs.text(gettext_lazy("code of the product")), *_TIMES, _LAST_DAYS),
        _bought(lambda values: Q(sku__product__code=values["text"])),
        lambda values: (
            _("bought the product %(code)s %(times)s%(period)s")
            % {"code": values["text"], "times": times(values), "period": period(values)}
        ),
    ),
    Field(
        "returns",
        Family.VOICE,
        gettext_lazy("Number of returns"),
        (*_TIMES, _LAST_DAYS),
        _returns,
        lambda values: (
            _("sent goods back %(times)s%(period)s")
            % {"times": times(values), "period": period(values)}
        ),
    ),
    Field(
        "reviews",
        Family.VOICE,
        gettext_lazy("Number of reviews"),
        (*_TIMES, _LAST_DAYS),
        _reviews,
        lambda values: (
            _("wrote reviews %(times)s%(period)s")
            % {"times": times(values), "period": period(values)}
        ),
    ),
    Field(
        "stars",
        Family.VOICE,
        gettext_lazy("Stars given"),
        (
            inputs.operator(),
            inputs.number(gettext_lazy("stars"), low=1, high=5),
            _LAST_DAYS,
        ),
        _stars,
        lambda values: (
            _("gave a product %(stars)s stars%(period)s")
            % {"stars": _score_bound(values), "period": period(values)}
        ),
    ),
    Field(
        "viewed",
        Family.BEHAVIOUR,
        gettext_lazy("Products looked at"),
        (*_TIMES, _LAST_DAYS),
        _did(Interaction.Kind.VIEW),
        lambda values: (
            _("looked at products %(times)s%(period)s")
            % {"times": times(values), "period": period(values)}
        ),
    ),
    Field(
        "viewed_category",
        Family.BEHAVIOUR,
        gettext_lazy("Category looked at"),
        (_CATEGORIES, *_TIMES, _LAST_DAYS),
        _did(Interaction.Kind.VIEW),
        lambda values: (
            _("looked at products from %(names)s %(times)s%(period)s")
            % {
                "names": _named(choices.categories, values),
                "times": times(values),
                "period": period(values),
            }
        ),
    ),
    Field(
        "added",
        Family.BEHAVIOUR,
        gettext_lazy("Added to the cart"),
        (*_TIMES, _LAST_DAYS),
        _did(Interaction.Kind.ADD_TO_CART),
        lambda values: (
            _("put products into the cart %(times)s%(period)s")
            % {"times": times(values), "period": period(values)}
        ),
    ),
    Field(
        "searched",
        Family.BEHAVIOUR,
        gettext_lazy("Searched for"),
        (inputs.text(gettext_lazy("words")), *_TIMES, _LAST_DAYS),
        _did(Interaction.Kind.SEARCH),
        lambda values: (
            _("searched for “%(words)s” %(times)s%(period)s")
            % {"words": values["text"], "times": times(values), "period": period(values)}
        ),
    ),
    Field(
        "rfm",
        Family.GROUPS,
        gettext_lazy("RFM group"),
        (inputs.among(gettext_lazy("groups"), choices.rfm_cells),),
        lambda values, _moment: facts.of(
            RfmScore.objects.filter(cell__in=values["among"]), "customer"
        ),
        lambda values: _("are among: %(names)s") % {"names": _named(choices.rfm_cells, values)},
    ),
    Field(
        "recency_score",
        Family.GROUPS,
        gettext_lazy("Recency, 1 to 5"),
        _QUINTILE,
        _rfm("recency"),
        lambda values: _("have a recency of %(score)s of 5") % {"score": _score_bound(values)},
    ),
    Field(
        "frequency_score",
        Family.GROUPS,
        gettext_lazy("Frequency, 1 to 5"),
        _QUINTILE,
        _rfm("frequency"),
        lambda values: _("have a frequency of %(score)s of 5") % {"score": _score_bound(values)},
    ),
    Field(
        "money_score",
        Family.GROUPS,
        gettext_lazy("Money, 1 to 5"),
        _QUINTILE,
        _rfm("money"),
        lambda values: _("have a money score of %(score)s of 5") % {"score": _score_bound(values)},
    ),
    Field(
        "segment",
        Family.GROUPS,
        gettext_lazy("In another segment"),
        (inputs.among(gettext_lazy("segments"), choices.segments),),
        lambda values, _moment: facts.of(
            SegmentMembership.objects.filter(segment__in=values["among"]), "customer"
        ),
        lambda values: (
            _("are in the segment %(names)s") % {"names": _named(choices.segments, values)}
        ),
    ),
    Field(
        "propensity",
        Family.EXPECTED,
        gettext_lazy("Probability of an order within 30 days"),
        _SHARE,
        _expected(PurchasePropensity, _percent),
        lambda values: (
            _("order within 30 days with a probability of %(share)s")
            % {"share": _percent_bound(values)}
        ),
    ),
    Field(
        "churn",
        Family.EXPECTED,
        gettext_lazy("Probability of no order within 90 days"),
        _SHARE,
        _expected(ChurnScore, _percent),
        lambda values: (
            _("order nothing within 90 days with a probability of %(share)s")
            % {"share": _percent_bound(values)}
        ),
    ),
    Field(
        "value",
        Family.EXPECTED,
        gettext_lazy("Expected spend of twelve months"),
        (inputs.operator(BOUND_OPERATORS), inputs.money()),
        _expected(CustomerValue, lambda values: inputs.minor(values["amount"])),
        lambda values: (
            _("are expected to spend %(amount)s in twelve months") % {"amount": money_bound(values)}
        ),
    ),
    Field(
        "affinity",
        Family.EXPECTED,
        gettext_lazy("Favourite category"),
        (_CATEGORIES,),
        lambda values, _moment: facts.of(
            CategoryAffinity.objects.filter(rank=1, category__in=values["among"]), "customer"
        ),
        lambda values: (
            _("will most likely buy from %(names)s") % {"names": _named(choices.categories, values)}
        ),
    ),
)
FIELDS: Mapping[str, Field] = {one.code: one for one in _ALL}


def _all_of(sets: Any) -> Q:
    every = Q()
    for keys in sets:
        every &= Q(pk__in=keys)
    return every
