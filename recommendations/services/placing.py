"""What is shown where: candidates, rules, rank, variety, reasons; one way for every place.

    row = recommend_products(placement="home.guess_you_like", visitor=visitor,
                             context=Context(viewed=[7, 3]))

A page that shows several rows ranks each with `rank_row` and reads the cards of all together with
`show_rows`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import blake2b
from typing import Final

import numpy as np
import structlog
from django.utils import timezone
from django.utils.translation import get_language

from catalog.services.cards import ProductCard, read_cards
from insights.services.visitors import Visitor
from recommendations.algorithms.diversity import Described, choose_diverse
from recommendations.errors import PlacementSettingsError
from recommendations.models import Reason, Recommender
from recommendations.services import experiments, experiments_mixing, reasons
from recommendations.services.experiments import Arm
from recommendations.services.experiments_mixing import Mixing
from recommendations.services.experiments_speed import timed
from recommendations.services.facts import Facts, read_facts
from recommendations.services.filters import Rule, Sieve, staff_words
from recommendations.services.histories import Context, History
from recommendations.services.placement_settings import (
    TITLES,
    PlacementSettings,
    overridden,
    settings_of,
)
from recommendations.services.propensity import with_propensity
from recommendations.services.ranking import (
    MARGIN,
    RANKER,
    learned_order,
    own_products,
    ranker_of,
    version_of_ranker,
    worth_of_margin,
)
from recommendations.services.recommenders import Answer, Asked, Suggestion, ask

logger = structlog.get_logger(__name__)

# What is described and compared; a row is at most a fifth of it.
MOST_CANDIDATES: Final = 120
STAFF: Final = "branch:staff"
NOTHING: Final = "branch:nothing"
# What answers without knowing who asks.
IMPERSONAL: Final = frozenset(
    f"branch:{each}" for each in (Recommender.POPULAR, Recommender.TRENDING, "staff", "nothing")
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A product in its place, before its card is read.

    because: key of the product that spoke for it most, 0 for none. parts: what each recommender
    added to the score.
    """

    product_id: int
    reason: Reason
    sentence: str
    source: str
    position: int
    score: float
    because: int = 0
    parts: tuple[tuple[str, float], ...] = ()
    # Of a row that two arms share: told with the product in place of the row's own.
    label: str = ""


@dataclass(frozen=True, slots=True)
class RankedRow:
    """dropped: what came up and was left out, and by which rule. ordered_by: the version whose
    order it is, empty where recommenders were added up by their weights."""

    settings: PlacementSettings
    arm: Arm | None
    ranked: Sequence[Ranked]
    served_by: str
    dropped: Sequence[tuple[int, Rule]] = ()
    unused: Sequence[int] = ()
    ordered_by: str = ""

    @property
    def arm_label(self) -> str:
        return self.arm.label if self.arm else ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A product with its reason, and what its impression and click are told with."""

    product: ProductCard
    reason: Reason
    sentence: str
    source: str
    arm: str
    position: int
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Row:
    """served_by: the source of the first product. title: the heading in the reader's language."""

    placement: str
    title: str
    shown: Sequence[Shown]
    served_by: str

    @property
    def is_personal(self) -> bool:
        """Whether anything but popularity and staff chose."""
        return any(each.source.partition("@")[0] not in IMPERSONAL for each in self.shown)


def recommend_products(
    *, placement: str, visitor: Visitor, context: Context, limit: int | None = None
) -> Row:
    """limit: at most so many, fewer than the placement's own; None: as many as it is set to.

    An empty row for a placement that is off, or that has fewer products than it should. Raises
    UnknownPlacementError.
    """
    ranked = rank_row(placement=placement, visitor=visitor, context=context, limit=limit)
    [row] = show_rows([ranked])
    return row


def rank_row(
    *,
    placement: str,
    visitor: Visitor,
    context: Context,
    limit: int | None = None,
    is_shared: bool = False,
) -> RankedRow:
    """Products by key, in their places, with their reasons.

    is_shared: for a page that is kept for all visitors of an arm: nothing of this one is used.
    Raises UnknownPlacementError.
    """
    settings = settings_of(placement)
    arm = arm_of(placement=placement, visitor=visitor)
    if arm is not None:
        try:
            settings = overridden(settings, arm.settings)
        except PlacementSettingsError as error:
            logger.error("arm_refused", arm=arm.label, reason=str(error))
            arm = None
    if limit is not None:
        settings = replace(
            settings,
            limit=max(1, min(limit, settings.limit)),
            fewest=min(settings.fewest, max(limit, 1)),
        )
    if not settings.is_on:
        return RankedRow(settings, arm, (), NOTHING)
    if is_shared:
        visitor = Visitor(language=visitor.language)
    history = History(visitor, context)
    mixing = experiments_mixing.mixing_for(
        placement=placement, visitor_key=visitor.key, customer_id=visitor.customer_id
    )
    if mixing is not None:
        return _mixed_row(mixing, settings, history)
    if arm is None:
        return _Work(Asked(settings, history), arm).row()
    with timed(arm.label):
        return _Work(Asked(settings, history), arm).row()


def arm_of(*, placement: str, visitor: Visitor) -> Arm | None:
    """What is compared on this visitor there, if anything."""
    return experiments.arm_for(
        placement=placement, visitor_key=visitor.key, customer_id=visitor.customer_id
    )


def _mixed_row(mixing: Mixing, settings: PlacementSettings, history: History) -> RankedRow:
    """What two arms would show, in one row; each product tells whose it is, or its chance."""
    rows = []
    for arm in (mixing.control, mixing.other):
        try:
            own = overridden(settings, arm.settings)
        except PlacementSettingsError as error:
            logger.error("arm_refused", arm=arm.label, reason=str(error))
            return _Work(Asked(settings, history), None).row()
        own = replace(own, exploration=0.0, limit=settings.limit)
        with timed(arm.label):
            rows.append(_Work(Asked(own, history), arm).row())
    first, second = ({each.product_id: each for each in row.ranked} for row in rows)
    placed = mixing.fill(
        first=list(first),
        second=list(second),
        limit=settings.limit,
        subject=str(history.context.product_id or ""),
    )
    ranked = []
    for position, each in enumerate(placed, start=1):
        own_row = second if each.is_of_other else first
        found = own_row[each.product_id]
        ranked.append(
            replace(
                found,
                position=position,
                label=each.label,
                source=with_propensity(found.source, each.chance),
            )
        )
    return replace(
        rows[0],
        settings=settings,
        arm=None,
        ranked=ranked,
        served_by=ranked[0].source.partition("@")[0] if ranked else NOTHING,
    )


def show_rows(rows: Sequence[RankedRow]) -> list[Row]:
    """With their cards, read in one statement for all rows."""
    wanted = {each.product_id: None for row in rows for each in row.ranked}
    cards = read_cards(list(wanted)) if wanted else {}
    return [shown_row(row, cards) for row in rows]


def shown_row(row: RankedRow, cards: dict[int, ProductCard]) -> Row:
    settings = row.settings
    found = [
        (each, cards[each.product_id])
        for each in row.ranked
        if each.product_id in cards
        and (cards[each.product_id].has_stock or not settings.only_in_stock)
    ]
    shown = [
        Shown(
            card,
            each.reason,
            each.sentence,
            each.source,
            each.label or row.arm_label,
            position,
            each.score,
        )
        for position, (each, card) in enumerate(found, start=1)
    ]
    if len(shown) < settings.fewest:
        shown = []
    return Row(
        placement=settings.code,
        title=title_of(settings),
        shown=shown,
        served_by=shown[0].source.partition("@")[0] if shown else NOTHING,
    )


def title_of(settings: PlacementSettings) -> str:
    own = (
        settings.title_zh_hans
        if (get_language() or "").startswith("zh")
        else settings.title_en or settings.title_zh_hans
    )
    return own or settings.title_en or str(TITLES.get(settings.code, ""))


@dataclass
class _Candidate:
    """score: what all recommenders add up to. best: the suggestion that added most."""

    product_id: int
    score: float
    source: str
    best: Suggestion
    best_worth: float
    parts: list[tuple[str, float]] = field(default_factory=list)


@dataclass
class _Work:
    """One row on its way from candidates to places."""

    asked: Asked
    arm: Arm | None

    def __post_init__(self) -> None:
        self.settings = self.asked.settings
        self.dropped: dict[int, Rule] = {}
        self.pinned, banned = staff_words(self.settings.code)
        if self.asked.is_about_the_page:
            # What staff want never beside this product comes from no other recommender either.
            banned |= {other for _subject, other in self.asked.pair_rules[1]}
        self.sieve = Sieve(self.asked, self.asked.facts, banned)

    def row(self) -> RankedRow:
        mixed = self._mixed()
        self._learn(each.product_id for each in mixed)
        passed = self._passed(mixed)
        chosen = self._chosen(passed)
        # Whatever is missing is asked for in turn; one branch does not displace another.
        for name in self.settings.fallbacks:
            missing = self.settings.limit - len(chosen)
            if missing <= 0:
                break
            answer = ask(name, self.asked)
            self.asked.facts.update(answer.facts)
            self._learn(each.product_id for each in answer.suggestions)
            there = {each.product_id for each in chosen}
            more = [
                _Candidate(
                    each.product_id,
                    each.score,
                    answer.source,
                    each,
                    each.score,
                    [(name, each.score)],
                )
                for each in answer.suggestions
                if each.product_id not in there
            ]
            chosen += self._chosen(self._passed(more), besides=chosen)
        if len(chosen) < self.settings.fewest:
            chosen = []
        placed, chances = self._explored(chosen, passed)
        ranked = self._told(placed, chances)
        there = {each.product_id for each in placed}
        return RankedRow(
            settings=self.settings,
            arm=self.arm,
            ranked=ranked,
            served_by=ranked[0].source.partition("@")[0] if ranked else NOTHING,
            dropped=list(self.dropped.items()),
            unused=[each.product_id for each in passed if each.product_id not in there],
            ordered_by=version_of_ranker(self.asked),
        )

    def _mixed(self) -> list[_Candidate]:
        """Pins of staff, then what the recommenders suggest, added up by weight; best first."""
        found: dict[int, _Candidate] = {}
        for name, weight in self.settings.mix.items():
            if weight <= 0:
                continue
            answer: Answer = ask(name, self.asked)
            self.asked.facts.update(answer.facts)
            for each in answer.suggestions:
                self._add(found, name, answer.source, each, weight * each.score)
        self._rank(list(found.values()))
        best = sorted(found.values(), key=lambda each: (-each.score, each.product_id))
        pins = [
            _Candidate(pk, 0.0, STAFF, Suggestion(pk, 1.0, Reason.PINNED), 1.0, [("staff", 1.0)])
            for pk in self.pinned
        ]
        pinned = set(self.pinned)
        rest = [each for each in best if each.product_id not in pinned]
        return [*pins, *rest[:MOST_CANDIDATES]]

    def _rank(self, found: Sequence[_Candidate]) -> None:
        """The learned order in place of added weights, and what staff let the margin count."""
        model = ranker_of(self.asked)
        products = [each.product_id for each in found]
        if model is not None and found:
            self._learn([*products, *own_products(self.asked)])
            said = [dict(each.parts) for each in found]
            odds = learned_order(model, self.asked, products, said)
            for each, score in zip(found, odds.tolist(), strict=True):
                each.score = score
                each.parts.append((RANKER, score))
        if self.settings.margin and found:
            for each, worth in zip(found, worth_of_margin(self.asked, products), strict=True):
                each.parts.append((MARGIN, each.score * (float(worth) - 1.0)))
                each.score *= float(worth)

    def _add(
        self,
        found: dict[int, _Candidate],
        name: str,
        source: str,
        suggestion: Suggestion,
        worth: float,
    ) -> None:
        there = found.get(suggestion.product_id)
        if there is None:
            found[suggestion.product_id] = _Candidate(
                suggestion.product_id, worth, source, suggestion, worth, [(name, worth)]
            )
            return
        there.score += worth
        there.parts.append((name, worth))
        if worth > there.best_worth:
            there.best, there.best_worth, there.source = suggestion, worth, source

    def _learn(self, product_ids: Iterable[int]) -> None:
        """Read what is not known yet, together with what the row is about."""
        facts = self.asked.facts
        # The page of a product tells its category itself; only prices need the rest.
        settings, context = self.settings, self.asked.history.context
        about = [*self.asked.subjects[:6], *self.asked.history.cart[-6:]]
        if context.product_id is not None and context.category_id is not None:
            needs_price = settings.price_from_percent or settings.price_to_percent
            about = about if needs_price else []
        if missing := [pk for pk in (*product_ids, *about) if pk not in facts]:
            facts.update(read_facts(missing))

    def _passed(self, candidates: Sequence[_Candidate]) -> list[_Candidate]:
        facts = self.asked.facts
        passed = []
        for each in candidates:
            known = facts.get(each.product_id)
            rule = Rule.NOT_PUBLISHED if known is None else self.sieve.refusal(known)
            if rule is None:
                passed.append(each)
            else:
                self.dropped[each.product_id] = rule
        return passed

    def _chosen(
        self, candidates: Sequence[_Candidate], *, besides: Sequence[_Candidate] = ()
    ) -> list[_Candidate]:
        """Pins as they are, and of the rest a varied choice."""
        missing = self.settings.limit - len(besides)
        pins = [each for each in candidates if each.source == STAFF][:missing]
        rest = [each for each in candidates if each.source != STAFF]
        if missing - len(pins) <= 0 or not rest:
            return pins
        fixed = [*besides, *pins]
        described = _described([*fixed, *rest], self.asked.facts)
        places = choose_diverse(
            described,
            limit=missing - len(pins),
            diversity=self.settings.diversity,
            brand_cap=self.settings.brand_cap,
            category_cap=self.settings.category_cap,
            taken=len(fixed),
        )
        return [*pins, *(rest[at - len(fixed)] for at in places)]

    def _explored(
        self, chosen: list[_Candidate], passed: Sequence[_Candidate]
    ) -> tuple[list[_Candidate], list[float] | None]:
        """Now and then the row in random order, and how likely each was to be where it is."""
        share = self.settings.exploration
        key = self.asked.history.visitor.key
        if not share or not key or len(chosen) < 2 or chosen[0].source == STAFF:
            return chosen, None
        there = {each.product_id for each in chosen}
        pool = [*chosen, *(each for each in passed if each.product_id not in there)]
        draw = _draw(key, self.settings.code, timezone.localdate())
        size = len(chosen)
        by_chance = share / len(pool)
        if draw.random() >= share:
            return chosen, [1.0 - share + by_chance] * size
        placed = [pool[at] for at in draw.permutation(len(pool))[:size]]
        return placed, [
            by_chance + (1.0 - share if placed[at] is chosen[at] else 0.0) for at in range(size)
        ]

    def _told(self, placed: Sequence[_Candidate], chances: Sequence[float] | None) -> list[Ranked]:
        names = self._names(placed)
        told = []
        for at, each in enumerate(placed):
            because = names.get(each.best.because, "")
            told.append(
                Ranked(
                    product_id=each.product_id,
                    reason=each.best.reason,
                    sentence=self._sentence(each, because),
                    source=with_propensity(each.source, chances[at] if chances else None),
                    position=at + 1,
                    score=round(each.score, 6),
                    because=each.best.because,
                    parts=tuple((name, round(worth, 4)) for name, worth in each.parts),
                )
            )
        return told

    def _sentence(self, each: _Candidate, because: str) -> str:
        return reasons.sentence(
            each.best.reason, because=because, explanation=each.best.explanation
        )

    def _names(self, placed: Sequence[_Candidate]) -> dict[int, str]:
        """Of what spoke for the products; on a product's own page that goes without saying."""
        if self.asked.history.context.product_id is not None:
            return {}
        wanted = {each.best.because for each in placed} - {0}
        self._learn(wanted)
        facts = self.asked.facts
        return {pk: facts[pk].name for pk in wanted if pk in facts}


def _described(candidates: Sequence[_Candidate], facts: dict[int, Facts]) -> Described:
    known = [facts[each.product_id] for each in candidates]
    return Described(
        scores=np.array([each.score for each in candidates], dtype=np.float64),
        categories=np.array([each.category_id for each in known], dtype=np.int64),
        brands=np.array([each.brand_id for each in known], dtype=np.int64),
        prices=np.array([each.price_minor for each in known], dtype=np.int64),
    )


def _draw(visitor_key: str, placement: str, day: date) -> np.random.Generator:
    """The same visitor meets the same row all day, so that going back shows what was there."""
    told = blake2b(f"{visitor_key}|{placement}|{day}".encode(), digest_size=8).digest()
    return np.random.default_rng(int.from_bytes(told, "big"))
