"""What a condition is told: an operator, a number, a sum of money, days, choices, words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalog.money import decimals

MOST_CHOICES = 500
LONGEST_TEXT = 80
MOST_DAYS = 3650

Title = str | Promise
Choices = Sequence[tuple[str, Title]]


class Kind(StrEnum):
    OPERATOR = "operator"
    NUMBER = "number"
    MONEY = "money"
    DAYS = "days"
    CHOICES = "choices"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One input of a condition.

    choices: of an operator or a list; called when they are shown, as they may come from tables.
    low, high: bounds of a number, whole unless `is_share` says percent.
    """

    name: str
    kind: Kind
    title: Title
    choices: Callable[[], Choices] | None = None
    is_optional: bool = False
    low: int = 0
    high: int = 1_000_000
    unit: Title = ""

    def clean(self, raw: Any) -> Any:
        """The value as it is stored; None for an optional one that is left out.

        Raises ValueError with a sentence for the person who typed it.
        """
        if raw in (None, "", []):
            if self.is_optional:
                return None
            raise ValueError(_("“%(input)s” is missing.") % {"input": self.title})
        match self.kind:
            case Kind.OPERATOR:
                return self._one_of(raw)
            case Kind.CHOICES:
                return self._several_of(raw)
            case Kind.MONEY:
                return self._money(raw)
            case Kind.TEXT:
                return str(raw).strip()[:LONGEST_TEXT]
        return self._whole(raw)

    def _one_of(self, raw: Any) -> str:
        allowed = {code for code, _title in self.choices()} if self.choices else set()
        if not isinstance(raw, str) or raw not in allowed:
            raise ValueError(_("“%(input)s” is missing.") % {"input": self.title})
        return raw

    def _several_of(self, raw: Any) -> list[str]:
        if not isinstance(raw, list) or len(raw) > MOST_CHOICES:
            raise ValueError(_("“%(input)s” cannot be read.") % {"input": self.title})
        allowed = {code for code, _title in self.choices()} if self.choices else set()
        chosen = sorted({str(one) for one in raw} & allowed)
        if not chosen:
            raise ValueError(_("“%(input)s” names nothing that exists.") % {"input": self.title})
        return chosen

    def _whole(self, raw: Any) -> int:
        try:
            number = int(str(raw).strip()[:12])
        except ValueError:
            raise ValueError(
                _("“%(input)s” is not a whole number.") % {"input": self.title}
            ) from None
        if not self.low <= number <= self.high:
            raise ValueError(
                _("“%(input)s” must be from %(low)s to %(high)s.")
                % {"input": self.title, "low": self.low, "high": self.high}
            )
        return number

    def _money(self, raw: Any) -> str:
        """As typed, in whole units of the shop's currency: "199.50"."""
        try:
            amount = Decimal(str(raw).strip()[:15])
        except InvalidOperation:
            raise ValueError(_("“%(input)s” is not a sum.") % {"input": self.title}) from None
        if not amount.is_finite() or not 0 <= amount <= 10**10:
            raise ValueError(_("“%(input)s” is not a sum.") % {"input": self.title})
        return str(amount.quantize(Decimal(1).scaleb(-decimals(settings.CURRENCY))))


def minor(amount: str) -> int:
    """A stored sum in minor units of the shop's currency."""
    return int(Decimal(amount).scaleb(decimals(settings.CURRENCY)))


COUNT_OPERATORS: Choices = (
    ("at_least", gettext_lazy("at least")),
    ("at_most", gettext_lazy("at most")),
    ("exactly", gettext_lazy("exactly")),
)
BOUND_OPERATORS: Choices = COUNT_OPERATORS[:2]
TIME_OPERATORS: Choices = (
    ("within", gettext_lazy("within the last … days")),
    ("before", gettext_lazy("longer ago than … days")),
)


def operator(choices: Choices = COUNT_OPERATORS) -> Parameter:
    return Parameter("is", Kind.OPERATOR, gettext_lazy("comparison"), choices=lambda: choices)


def number(title: Title, *, low: int = 0, high: int = 1_000_000, unit: Title = "") -> Parameter:
    return Parameter("n", Kind.NUMBER, title, low=low, high=high, unit=unit)


def money() -> Parameter:
    return Parameter("amount", Kind.MONEY, gettext_lazy("sum"), unit=settings.CURRENCY)


def last_days() -> Parameter:
    return Parameter(
        "days",
        Kind.DAYS,
        gettext_lazy("in the last … days (empty: ever)"),
        is_optional=True,
        low=1,
        high=MOST_DAYS,
    )


def days() -> Parameter:
    return Parameter(
        "days",
        Kind.DAYS,
        gettext_lazy("days"),
        low=1,
        high=MOST_DAYS,
    )


def among(title: Title, choices: Callable[[], Choices]) -> Parameter:
    return Parameter("among", Kind.CHOICES, title, choices=choices)


def text(title: Title) -> Parameter:
    return Parameter("text", Kind.TEXT, title)
