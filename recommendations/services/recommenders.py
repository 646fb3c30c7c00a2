"""What can choose for a placement: each answers with products, why, and what spoke."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import numpy as np

from learning import serving
from learning.errors import UnknownPipelineError
from learning.prepared import Prepared
from learning.serving import Served
from recommendations.algorithms.candidates import Candidates
from recommendations.models import (
    PlacementCode,
    Reason,
    Recommendation,
    Recommender,
    SimilarProduct,
    SimilarProductRule,
    TrendingProduct,
)
from recommendations.services.facts import COLUMNS, Facts, best_sellers, facts_of
from recommendations.services.histories import History
from recommendations.services.keeping import kept, kept_settings
from recommendations.services.placement_settings import PlacementSettings

# From each recommender; a row shows a tenth of it, the rest is for rules and variety.
MOST_EACH: Final = 60
# Of what was looked at or is in the cart, neighbours are asked of the last few.
MOST_SUBJECTS: Final = 6
FADING: Final = 0.7
PIPELINES: Final[Mapping[str, str]] = {
    Recommender.NEXT_ITEM: "recommendations.next_item",
    Recommender.ITEM_NEIGHBOURS: "recommendations.item_neighbours",
    Recommender.REPEAT: "recommendations.repeat",
}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """score: in 0..1, 1 for the best of its recommender. because: a product's key, 0 for none."""

    product_id: int
    score: float
    reason: Reason
    because: int = 0
    explanation: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """source: what stands beside an impression. facts: of suggested products, where at hand."""

    source: str
    suggestions: Sequence[Suggestion] = ()
    facts: Mapping[int, Facts] = field(default_factory=dict)


@dataclass
class Asked:
    """One row of one visitor. facts: gathered by whoever asks, for those that come later."""

    settings: PlacementSettings
    history: History
    facts: dict[int, Facts] = field(default_factory=dict)

    @cached_property
    def subjects(self) -> list[int]:
        """The products that the row is about, the most important first."""
        context = self.history.context
        if context.product_id is not None:
            return [context.product_id]
        if self.settings.code == PlacementCode.COMPLEMENT:
            return list(reversed(self.history.cart))
        seen = [*self.history.viewed]
        if self.history.visitor.may_personalise:
            seen = [*reversed(self.history.cart), *seen]
        return seen or list(dict.fromkeys(each.product_id for each in self.history.bought))

    @cached_property
    def is_about_the_page(self) -> bool:
        """Whether the row follows from the page or the cart, not from who looks at it."""
        return (
            self.history.context.product_id is not None
            or self.settings.code == PlacementCode.COMPLEMENT
        )

    @cached_property
    def pair_rules(self) -> tuple[list[tuple[int, int]], set[tuple[int, int]]]:
        """(product, other) that staff pinned, and banned, of the subjects."""
        wanted = set(self.subjects[:MOST_SUBJECTS])
        pinned: list[tuple[int, int]] = []
        banned: set[tuple[int, int]] = set()
        for product_id, other_id, is_ban in kept_settings("pairs", make=_read_pairs):
            if product_id in wanted and is_ban:
                banned.add((product_id, other_id))
            elif product_id in wanted:
                pinned.append((product_id, other_id))
        return pinned, banned

    @cached_property
    def neighbours(self) -> list[tuple[int, str, Mapping[str, Any], Facts]]:
        """Published lists of the subjects: (subject, reason, explanation, the other's facts)."""
        subjects = self.subjects[:MOST_SUBJECTS]
        if not subjects:
            return []
        read, key = self.history.context.read, ("neighbours", *subjects)
        if key not in read:
            read[key] = [
                (subject, reason, explanation, facts_of(other))
                for subject, reason, explanation, *other in _NEIGHBOURS.rows(subjects)
            ]
        found: list[tuple[int, str, Mapping[str, Any], Facts]] = read[key]
        return found

    def reason_of(self, product_id: int) -> Reason:
        """What kind of thing a product of the history is."""
        if self.is_about_the_page:
            if self.history.context.product_id is not None:
                return Reason.BOUGHT_TOGETHER
            return Reason.GOES_WITH_CART
        if product_id in self.history.viewed:
            return Reason.BECAUSE_VIEWED
        if product_id in self.history.cart:
            return Reason.GOES_WITH_CART
        return Reason.BECAUSE_BOUGHT


def ask(name: str, asked: Asked) -> Answer:
    return _RECOMMENDERS[Recommender(name)](asked)


def served(name: str) -> Served | None:
    """The version in service, remembered; None where the shop has no such pipeline."""
    return kept_settings("model", name, make=lambda: _Loaded(name)).served


class _Loaded:
    """`kept` keeps no None."""

    def __init__(self, name: str) -> None:
        self.served: Served | None
        try:
            self.served = serving.load(name)
        except UnknownPipelineError:
            self.served = None


def _next_item(asked: Asked) -> Answer:
    products, weights = asked.history.session()
    return _from_history(Recommender.NEXT_ITEM, asked, products, weights)


def _item_neighbours(asked: Asked) -> Answer:
    if asked.is_about_the_page:
        subjects = asked.subjects[:MOST_SUBJECTS]
        products = np.array(subjects[::-1], dtype=np.int64)
        weights = np.array([FADING**place for place in range(len(subjects))][::-1])
    else:
        products, weights = asked.history.whole()
    return _from_history(Recommender.ITEM_NEIGHBOURS, asked, products, weights)


def _from_history(name: Recommender, asked: Asked, products: Any, weights: Any) -> Answer:
    model = served(PIPELINES[name])
    if model is None or not len(products):
        return Answer(_source(name, model))
    found: Candidates = model.model.candidates(products, weights, most=MOST_EACH)
    _pinned, banned = asked.pair_rules
    suggestions = [
        Suggestion(
            product_id=product_id,
            score=score,
            reason=asked.reason_of(because) if because > 0 else Reason.VIEWED_TOGETHER,
            because=max(because, 0),
            explanation={"share": round(share, 4)},
        )
        for product_id, score, because, share in _scaled(found)
        if (because, product_id) not in banned
    ]
    return Answer(_source(name, model), suggestions)


def _repeat(asked: Asked) -> Answer:
    """What was prepared at night; of a customer since then, how often they bought what."""
    customer_id = asked.history.visitor.customer_id
    if customer_id is None or not asked.history.visitor.may_personalise:
        return Answer("branch:repeat")
    rows = _PREPARED.rows(customer_id, PlacementCode.BUY_AGAIN.value)
    if rows:
        version = rows[0][4]
        suggestions = [
            Suggestion(product_id, score, Reason(reason), explanation=explanation)
            for product_id, score, reason, explanation, _version in rows
        ]
        source = f"{PIPELINES[Recommender.REPEAT]}:{version}" if version else "branch:repeat"
        return Answer(source, suggestions)
    return Answer("branch:repeat", repeat_by_frequency(asked.history))


def repeat_by_frequency(history: History) -> list[Suggestion]:
    """Products that a customer bought, the most often bought first, then the latest."""
    latest: dict[int, int] = {}
    for place, each in enumerate(history.bought):
        latest.setdefault(each.product_id, place)
    counts = history.times_bought
    ordered = sorted(latest, key=lambda product_id: (-counts[product_id], latest[product_id]))
    most = counts[ordered[0]] if ordered else 1
    return [
        Suggestion(
            product_id,
            counts[product_id] / most,
            Reason.BOUGHT_BEFORE,
            explanation={"facts": {"times": counts[product_id]}},
        )
        for product_id in ordered[:MOST_EACH]
    ]


def _similar(asked: Asked) -> Answer:
    return _of_lists(asked, only_together=False)


def _together(asked: Asked) -> Answer:
    return _of_lists(asked, only_together=True)


def _of_lists(asked: Asked, *, only_together: bool) -> Answer:
    """Pairs that staff pinned, then the published lists, each subject fading after the other.

    Ranks are added up, as reciprocal rank fusion does, since scores of lists have other units.
    """
    weights = {pk: FADING**place for place, pk in enumerate(asked.subjects[:MOST_SUBJECTS])}
    pinned, banned = asked.pair_rules
    scores: dict[int, float] = {}
    strongest: dict[int, tuple[float, Suggestion]] = {}
    ranks = dict.fromkeys(weights, 0)
    facts: dict[int, Facts] = {}
    listed: list[tuple[int, int, str, Mapping[str, Any]]] = [
        (subject, other, Reason.PINNED.value, {}) for subject, other in pinned
    ]
    for subject, reason, explanation, other in asked.neighbours:
        facts[other.product_id] = other
        if not only_together or reason == Reason.BOUGHT_TOGETHER:
            listed.append((subject, other.product_id, reason, explanation))
    met: set[tuple[int, int]] = set()
    for subject, other_id, reason, explanation in listed:
        if (subject, other_id) in banned or (subject, other_id) in met:
            continue
        met.add((subject, other_id))
        worth = weights[subject] / (1 + ranks[subject])
        ranks[subject] += 1
        scores[other_id] = scores.get(other_id, 0.0) + worth
        if worth > strongest.get(other_id, (0.0, None))[0]:
            told = Reason(reason) if asked.is_about_the_page else asked.reason_of(subject)
            if asked.settings.code == PlacementCode.COMPLEMENT and told != Reason.PINNED:
                told = Reason.GOES_WITH_CART
            strongest[other_id] = (
                worth,
                Suggestion(other_id, worth, told, because=subject, explanation=explanation),
            )
    top = max(scores.values(), default=1.0)
    return Answer(
        _source_of_lists() if scores else "branch:similar",
        [
            Suggestion(
                pk,
                scores[pk] / top,
                strongest[pk][1].reason,
                because=strongest[pk][1].because,
                explanation=strongest[pk][1].explanation,
            )
            for pk in sorted(scores, key=lambda pk: -scores[pk])
        ],
        facts,
    )


def _recent(asked: Asked) -> Answer:
    here = asked.history.context.product_id
    viewed = [pk for pk in asked.history.viewed if pk != here]
    return Answer(
        "branch:recent",
        [
            Suggestion(pk, 1.0 - place / max(len(viewed), 1), Reason.LOOKED_AT)
            for place, pk in enumerate(viewed)
        ],
    )


def _category_popular(asked: Asked) -> Answer:
    """Of the categories of what the row is about, the nearest first."""
    categories: dict[int, int] = {}
    if asked.history.context.category_id is not None:
        categories[asked.history.context.category_id] = 0
    for subject in asked.subjects[:MOST_SUBJECTS]:
        if subject in asked.facts:
            because = 0 if asked.history.context.product_id else subject
            categories.setdefault(asked.facts[subject].category_id, because)
    found: dict[int, Facts] = {}
    because_of: dict[int, int] = {}
    for category_id, because in categories.items():
        for each in _best(asked, category_id) if category_id > 0 else ():
            found.setdefault(each.product_id, each)
            because_of.setdefault(each.product_id, because)
    return _by_sales(
        f"branch:{Recommender.CATEGORY_POPULAR}", found, Reason.SAME_CATEGORY, because_of
    )


def _popular(asked: Asked) -> Answer:
    found = {each.product_id: each for each in _best(asked, None)}
    return _by_sales(f"branch:{Recommender.POPULAR}", found, Reason.POPULAR)


def _best(asked: Asked, category_id: int | None) -> Sequence[Facts]:
    """Best sellers within the lists of brands and categories that the placement is held to."""
    settings = asked.settings
    brands = settings.brand_ids if settings.brands_are == "only" else ()
    if category_id is not None:
        return best_sellers(category_ids=[category_id], brand_ids=list(brands))
    categories = settings.category_ids if settings.categories_are == "only" else ()
    return best_sellers(category_ids=list(categories), brand_ids=list(brands))


def _by_sales(
    source: str,
    found: Mapping[int, Facts],
    reason: Reason,
    because_of: Mapping[int, int] = MappingProxyType({}),
) -> Answer:
    """In the order they come in: the place says more than the number of units."""
    count = len(found)
    return Answer(
        source,
        [
            Suggestion(
                pk,
                1.0 - place / count,
                reason,
                because=because_of.get(pk, 0),
                explanation={"facts": {"units": each.units_sold}},
            )
            for place, (pk, each) in enumerate(found.items())
        ],
        found,
    )


def _trending(asked: Asked) -> Answer:
    rows = kept("trending", make=_TRENDING.rows)
    top = max((row[1] for row in rows), default=1.0)
    return Answer(
        f"branch:{Recommender.TRENDING}",
        [
            Suggestion(
                pk,
                score / top if top > 0 else 0.0,
                Reason.TRENDING,
                explanation={"facts": {"orders_week": week, "orders_before": round(before, 2)}},
            )
            for pk, score, week, before in rows
        ],
    )


def _scaled(found: Candidates) -> list[tuple[int, float, int, float]]:
    """Plain numbers, the best score 1."""
    if not len(found):
        return []
    top = float(found.scores[0])
    scores = found.scores / top if top > 0 else found.scores
    return list(
        zip(
            found.product_ids.tolist(),
            scores.tolist(),
            found.because.tolist(),
            found.because_share.tolist(),
            strict=True,
        )
    )


def _source(name: Recommender, model: Served | None) -> str:
    if model is None or model.version is None:
        return f"branch:{name.value}"
    return f"{PIPELINES[name]}:{model.version.number}"


def _source_of_lists() -> str:
    """Of the lists on disk, whoever reads them; the version that wrote them is the active one."""
    return kept_settings("lists", make=_read_source_of_lists)


def _read_source_of_lists() -> str:
    row = SimilarProduct.objects.filter(model_version__isnull=False).order_by("-pk")
    number = row.values_list("model_version__number", flat=True).first()
    return f"recommendations.similar_products:{number}" if number else "branch:similar"


def _read_pairs() -> list[tuple[int, int, bool]]:
    rows = SimilarProductRule.objects.order_by("created_at", "pk")
    return [
        (product_id, similar_id, kind == SimilarProductRule.Kind.BAN)
        for product_id, similar_id, kind in rows.values_list("product_id", "similar_id", "kind")
    ]


_NEIGHBOURS = Prepared(
    lambda product_ids: (
        SimilarProduct.objects.filter(product__in=product_ids)
        .order_by("product", "rank")
        .values_list(
            "product_id",
            "reason",
            "explanation",
            "similar_id",
            *(f"similar__{column}" for column in COLUMNS[1:]),
        )
    )
)
_PREPARED = Prepared(
    lambda customer_id, placement: Recommendation.objects.of(
        customer_id, placement=placement
    ).values_list("product_id", "score", "reason", "explanation", "model_version__number")
)
_TRENDING = Prepared(
    lambda: TrendingProduct.objects.order_by("-score", "-product").values_list(
        "product_id", "score", "orders_week", "orders_before"
    )[:MOST_EACH]
)

_RECOMMENDERS: Mapping[Recommender, Callable[[Asked], Answer]] = {
    Recommender.NEXT_ITEM: _next_item,
    Recommender.ITEM_NEIGHBOURS: _item_neighbours,
    Recommender.REPEAT: _repeat,
    Recommender.SIMILAR: _similar,
    Recommender.TOGETHER: _together,
    Recommender.RECENT: _recent,
    Recommender.CATEGORY_POPULAR: _category_popular,
    Recommender.TRENDING: _trending,
    Recommender.POPULAR: _popular,
}
