"""What is known of an order before it is paid, what rules say of it, and how a score comes about.

Facts are a plain mapping as it is stored, so that a rule can be tried out on orders of before.
What happened before is kept as ages in hours: a rule says itself how long ago still counts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Facts = Mapping[str, Any]

NUMBERS: Final = frozenset(
    {
        "amount",
        "amount_times_usual",
        "amount_times_own",
        "units",
        "line_units",
        "orders_before",
        "account_age_hours",
    }
)
# How many of the ages lie within the hours of the condition.
COUNTED: Final = frozenset(
    {
        "orders_same_email",
        "orders_same_phone",
        "orders_same_address",
        "orders_same_device",
        "failed_payments",
    }
)
# Pairs of age and which other address it was: different ones are counted.
COUNTED_APART: Final = frozenset({"emails_same_device", "emails_same_address"})
YES_OR_NO: Final = frozenset(
    {
        "is_guest",
        "country_differs",
        "recipient_differs",
        "free_mail",
        "disposable_mail",
        "odd_mail",
    }
)
CODES: Final = frozenset({"country", "language"})
WITH_HOURS: Final = COUNTED | COUNTED_APART

FREE_MAIL: Final = frozenset(
    {
        *("gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com"),
        *("icloud.com", "aol.com", "gmx.net", "gmx.de", "web.de", "mail.ru", "yandex.ru"),
        *("proton.me", "protonmail.com", "qq.com", "163.com", "126.com", "sina.com", "foxmail.com"),
        *("sohu.com", "yeah.net", "139.com", "aliyun.com"),
    }
)
# Services that give an address for ten minutes. Never complete; a shop adds a rule where it must.
DISPOSABLE_MAIL: Final = frozenset(
    {
        *("mailinator.com", "guerrillamail.com", "10minutemail.com", "tempmail.com"),
        *("temp-mail.org", "yopmail.com", "trashmail.com", "getnada.com", "sharklasers.com"),
        *("dispostable.com", "maildrop.cc", "throwawaymail.com", "fakeinbox.com"),
        *("mintemail.com", "moakt.com"),
    }
)
# An order that is rarer than this share of orders adds to the score, up to the weight below.
RARE_FROM: Final = 0.95
RARITY_WEIGHT: Final = 0.5
_CONSONANTS: Final = re.compile(r"[bcdfghjklmnpqrstvwxz]{6,}")


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a rule. value: as staff typed it, checked by `read_value`."""

    fact: str
    operator: str
    value: str
    hours: int = 24


@dataclass(frozen=True, slots=True)
class Rule:
    """All conditions hold, or the rule says nothing. key: of its row; title: as staff wrote it."""

    key: int
    weight: float
    holds: bool
    conditions: Sequence[Condition]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that holds for an order, with what its conditions saw."""

    rule: Rule
    seen: Sequence[Any]


def read_value(fact: str, operator: str, value: str) -> float | bool | str:
    """What a typed value means for a fact. Raises ValueError where the three do not fit."""
    text = value.strip()
    if fact in YES_OR_NO:
        if operator not in ("is", "is_not") or text.lower() not in ("yes", "no"):
            raise ValueError(fact)
        return text.lower() == "yes"
    if fact in CODES:
        if operator not in ("is", "is_not") or not re.fullmatch(r"[A-Za-z]{2}(-[A-Za-z]+)?", text):
            raise ValueError(fact)
        return text.upper() if fact == "country" else text.lower()
    if operator not in ("at_least", "at_most"):
        raise ValueError(fact)
    number = float(text)
    if not 0 <= number <= 1e12:
        raise ValueError(fact)
    return number


def observe(facts: Facts, condition: Condition) -> Any:
    """What a condition sees: a number, a yes or no, or a code; None where nothing is known."""
    value = facts.get(condition.fact)
    if condition.fact in COUNTED:
        return sum(age <= condition.hours for age in value or ())
    if condition.fact in COUNTED_APART:
        return len({which for age, which in value or () if age <= condition.hours})
    return value


def holds(facts: Facts, condition: Condition) -> bool:
    """What is not known holds for no condition, in whatever sense it is asked."""
    seen = observe(facts, condition)
    if seen is None or seen == "":
        return False
    try:
        wanted = read_value(condition.fact, condition.operator, condition.value)
    except ValueError:
        return False
    if condition.operator == "at_least":
        return bool(seen >= wanted)
    if condition.operator == "at_most":
        return bool(seen <= wanted)
    same = (seen.lower() if condition.fact == "language" else seen) == wanted
    return bool(same == (condition.operator == "is"))


def hits_of(facts: Facts, rules: Sequence[Rule]) -> list[Hit]:
    """The rules that hold, heaviest first. A rule without conditions never does."""
    found = [
        Hit(rule, [observe(facts, one) for one in rule.conditions])
        for rule in rules
        if rule.conditions and all(holds(facts, one) for one in rule.conditions)
    ]
    return sorted(found, key=lambda hit: -hit.rule.weight)


def rule_score(hits: Sequence[Hit]) -> float:
    """Several suspicions add up and never reach certainty: 1 - (1 - a)(1 - b)..."""
    left = 1.0
    for hit in hits:
        left *= 1.0 - hit.rule.weight
    return 1.0 - left


def rarity_part(rarity: float | None) -> float:
    """What being rare adds. rarity: share of orders that are less odd; None without a model.

    Nothing up to 95 %, then rising to half: being odd alone does not hold an order.
    """
    if rarity is None:
        return 0.0
    return RARITY_WEIGHT * min(1.0, max(0.0, (rarity - RARE_FROM) / (1.0 - RARE_FROM)))


def combine(hits: Sequence[Hit], rarity: float | None) -> float:
    """The score before any outcome was learned from."""
    return 1.0 - (1.0 - rule_score(hits)) * (1.0 - rarity_part(rarity))


def mail_facts(email: str) -> dict[str, bool]:
    """What the pattern of an address says; nothing of it is kept but yes and no."""
    name, _at, domain = email.strip().lower().rpartition("@")
    plain = name.split("+")[0]
    digits = sum(one.isdigit() for one in plain)
    # Numbers of accounts and telephones are usual names in China: digits alone are not odd.
    is_number = plain.isdigit()
    mixed = not is_number and digits >= 5 and digits >= 0.4 * len(plain)
    return {
        "free_mail": domain in FREE_MAIL,
        "disposable_mail": domain in DISPOSABLE_MAIL,
        "odd_mail": bool(mixed or _CONSONANTS.search(plain)),
    }
