"""How risky an order looks: judged before it is paid, by rules, by how rare it is, by outcomes.

Nothing of it may keep a customer from ordering: where a part cannot answer the others do, and with
all of them silent the order goes on.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import numpy as np
import structlog
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from customers.models import User
from insights.algorithms.order_features import feature_row, shown_value
from insights.algorithms.order_outcome import INPUTS
from insights.algorithms.order_risk import (
    Condition,
    Hit,
    Rule,
    combine,
    hits_of,
    rarity_part,
    rule_score,
)
from insights.models import RiskAssessment, RiskCondition, RiskRule, RiskSettings
from insights.services.risk_facts import (
    Asked,
    Keys,
    keys_of,
    quantities_in,
    read_past,
    told_facts,
)
from learning import serving
from learning.algorithms.explanation import Direction, Explanation, Factor
from learning.models import ModelVersion
from orders.models import Checkout, Order
from orders.services.placing import RiskVerdict

logger = structlog.get_logger(__name__)

ANOMALY: Final = "insights.order_anomaly"
OUTCOME: Final = "insights.order_outcome"
MOST_REASONS: Final = 6
# Of how rare an order is, so many features are told.
MOST_ODD: Final = 3
SWEPT_SINCE: Final = timedelta(days=2)
SWEPT_AT_ONCE: Final = 200

AnswerT = TypeVar("AnswerT")


@dataclass(frozen=True, slots=True)
class _Rules:
    rules: Sequence[Rule] = ()
    hold_from: float = 1.0
    is_active: bool = False
    usual_minor: int | None = None


@dataclass(frozen=True, slots=True)
class _Rarity:
    share: float | None = None
    reasons: Sequence[tuple[str, float]] = ()
    version: ModelVersion | None = None


@dataclass(frozen=True, slots=True)
class _Learned:
    probability: float | None = None
    reasons: Sequence[tuple[str, float]] = ()
    version: ModelVersion | None = None


def assess_checkout(
    *, checkout: Checkout, customer: User | None, total_minor: int, device: str
) -> RiskVerdict:
    """Judge the order that a checkout is about to become. Raises nothing; reads only.

    total_minor: as the customer saw it; placing refuses another one. device: what tells browsers
    apart, such as address and program; only its keyed hash is kept.
    """
    now = timezone.now()
    empty: tuple[list[int], str] = ([], "")
    quantities, currency = _quietly(lambda: quantities_in(cart_id=checkout.cart_id), empty, "cart")
    address = {str(name): str(value) for name, value in (checkout.address or {}).items()}
    asked = Asked(
        customer=customer,
        email=checkout.email,
        country=address.get("country", ""),
        language=checkout.language,
        address=address,
        total_minor=total_minor,
        currency=currency,
        quantities=quantities,
        device=device,
    )
    return assess(asked, now=now)


def assess(asked: Asked, *, now: datetime) -> RiskVerdict:
    """Judge an order. Raises nothing; reads only, in at most eight statements."""
    rules = _quietly(_read_rules, _Rules(), "rules")
    keys = _quietly(lambda: keys_of(asked), Keys(), "keys")
    facts: dict[str, Any] = {}
    facts |= _quietly(
        lambda: told_facts(asked, usual_minor=rules.usual_minor, now=now), _nothing(), "facts"
    )
    facts |= _quietly(lambda: read_past(asked, keys, now=now), _nothing(), "past")
    hits = hits_of(facts, rules.rules)
    rarity = _quietly(lambda: _read_rarity(facts), _Rarity(), "rarity")
    learned = _quietly(lambda: _read_learned(facts, hits, rarity), _Learned(), "outcome")
    score = learned.probability
    if score is None:
        score = combine(hits, rarity.share)
    is_held = rules.is_active and (score >= rules.hold_from or any(hit.rule.holds for hit in hits))
    explanation = _explain(facts, hits, rarity, learned)
    version = learned.version or rarity.version
    return RiskVerdict(
        score=round(float(score), 4),
        is_held=is_held,
        reasons=tuple(_codes(explanation)),
        version=str(version or ""),
        details={
            "keys": asdict(keys),
            "facts": facts,
            "rule_score": round(rule_score(hits), 4),
            "rarity": rarity.share,
            "version": version.pk if version else None,
            "explanation": explanation.as_json(),
        },
    )


def record_assessment(*, order: Order) -> RiskAssessment | None:
    """Keep what was said of an order when it was placed; twice is once. None where nobody judged.

    Raises nothing: what cannot be written now is written by the sweep.
    """
    details = (order.risk or {}).get("details")
    if not details:
        return None
    try:
        with transaction.atomic():
            return RiskAssessment.objects.create(**_columns(order, details))
    except IntegrityError:
        return RiskAssessment.objects.filter(order=order).first()
    except Exception:  # an order must not fail over what is thought of it
        logger.exception("risk_not_recorded", order=order.number)
        return None


def sweep_assessments(*, now: datetime) -> int:
    """Write what was judged and not written, for a process died in between; returns how many."""
    known = RiskAssessment.objects.filter(order=OuterRef("pk"))
    missing = Order.objects.filter(
        ~Exists(known), placed_at__gte=now - SWEPT_SINCE, risk__has_key="details"
    ).order_by("pk")[:SWEPT_AT_ONCE]
    return sum(
        record_assessment(order=order) is not None
        for order in list(missing)
        if order.risk["details"]
    )


def _columns(order: Order, details: Mapping[str, Any]) -> dict[str, Any]:
    keys = details.get("keys", {})
    score = float(order.risk.get("score", 0.0))
    return {
        "order": order,
        "model_version_id": details.get("version"),
        # How far from undecided.
        "confidence": round(abs(2 * score - 1), 4),
        "explanation": details.get("explanation", {}),
        "score": score,
        "is_held": bool(order.risk.get("is_held")),
        "rule_score": details.get("rule_score", 0.0),
        "rarity": details.get("rarity"),
        "facts": details.get("facts", {}),
        "email_key": keys.get("email", ""),
        "phone_key": keys.get("phone", ""),
        "address_key": keys.get("address", ""),
        "device_key": keys.get("device", ""),
    }


def _read_rules() -> _Rules:
    settings = RiskSettings.objects.filter(pk=1).first() or RiskSettings(pk=1)
    return _Rules(
        rules=read_rules(),
        hold_from=settings.hold_from,
        is_active=settings.is_active,
        usual_minor=settings.usual_amount_minor,
    )


def read_rules(rule_id: int | None = None) -> list[Rule]:
    """All active rules, or one of them whether active or not."""
    conditions = RiskCondition.objects.select_related("rule").order_by("rule_id", "pk")
    if rule_id is None:
        conditions = conditions.filter(rule__is_active=True)
    else:
        conditions = conditions.filter(rule=rule_id)
    found: dict[int, tuple[RiskRule, list[Condition]]] = {}
    for row in conditions:
        _rule, parts = found.setdefault(row.rule_id, (row.rule, []))
        parts.append(Condition(row.fact, row.operator, row.value, row.hours))
    return [
        Rule(rule.pk, rule.weight, rule.action == RiskRule.Action.HOLD, parts, rule.note)
        for rule, parts in found.values()
    ]


def _read_rarity(facts: Mapping[str, Any]) -> _Rarity:
    served = serving.load(ANOMALY)
    if served.version is None:
        return _Rarity()
    row = np.array(feature_row(facts))
    share = float(served.model.rarities(row[None, :])[0])
    reasons = served.model.reasons(row)[:MOST_ODD] if rarity_part(share) else ()
    return _Rarity(round(share, 4), reasons, served.version)


def _read_learned(facts: Mapping[str, Any], hits: Sequence[Hit], rarity: _Rarity) -> _Learned:
    served = serving.load(OUTCOME)
    if served.version is None:
        return _Learned()
    row = np.array([[*feature_row(facts), rule_score(hits), rarity.share or 0.0]])
    pushes = served.model.contributions(row)[0]
    strongest = np.argsort(-pushes)[:MOST_ODD]
    return _Learned(
        probability=float(served.model.probabilities(row)[0]),
        reasons=[(INPUTS[at], float(pushes[at])) for at in strongest.tolist() if pushes[at] > 0],
        version=served.version,
    )


def _explain(
    facts: Mapping[str, Any], hits: Sequence[Hit], rarity: _Rarity, learned: _Learned
) -> Explanation:
    """Shares of what speaks against the order, strongest first."""
    found: list[tuple[str, Any, float]] = []
    for hit in hits:
        seen = [
            {**asdict(condition), "seen": value}
            for condition, value in zip(hit.rule.conditions, hit.seen, strict=True)
        ]
        found.append((f"rule.{hit.rule.key}", seen, hit.rule.weight))
    part = rarity_part(rarity.share)
    for name, share in rarity.reasons:
        found.append((f"rare.{name}", shown_value(name, facts), part * share))
    pushed = sum(push for _name, push in learned.reasons)
    for name, push in learned.reasons:
        found.append((f"learned.{name}", shown_value(name, facts), push / pushed))
    total = sum(weight for _name, _value, weight in found)
    factors = [
        Factor(name, value, Direction.UP, round(weight / total, 4) if total else 0.0)
        for name, value, weight in sorted(found, key=lambda one: -one[2])[:MOST_REASONS]
    ]
    # What a rule was called then: it may be rewritten, or gone.
    titles = {str(hit.rule.key): hit.rule.title for hit in hits}
    return Explanation(factors=factors, unit="share", facts={"titles": titles})


def _codes(explanation: Explanation) -> list[str]:
    """What the page of the order names: what rules looked at, and what is rare."""
    codes: list[str] = []
    for factor in explanation.factors:
        if factor.name.startswith("rule."):
            codes += [seen["fact"] for seen in factor.value]
        else:
            codes.append(factor.name.partition(".")[2])
    return list(dict.fromkeys(codes))


def _nothing() -> dict[str, Any]:
    return {}


def _quietly(work: Callable[[], AnswerT], otherwise: AnswerT, part: str) -> AnswerT:
    try:
        return work()
    except Exception:  # whatever breaks here must not cost the shop an order
        logger.exception("risk_part_failed", part=part)
        return otherwise
