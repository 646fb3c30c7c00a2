"""Learning the weights of `ranker`: from what customers who came back bought for the first time.

Three ways to order the same candidates are tried equally often on people that were set aside: the
recommenders mixed by a weight, a regression on what recommenders say, and one on everything that is
known. Of the best ones the widest is taken; a mix is a sum of weights too, so all are served alike.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from recommendations.algorithms.candidates import FromHistory
from recommendations.algorithms.evaluation import Returns, discover_quality
from recommendations.algorithms.histories import Sequences
from recommendations.algorithms.metrics import coverage
from recommendations.algorithms.ranker import (
    FEATURES,
    N_SOURCES,
    RankerModel,
    feature_rows,
    scaled_sales,
)
from recommendations.algorithms.shopping_log import FloatArray, IntArray

LIST_LENGTH: Final = 10
# As many as are asked for where a row is made, and best sellers for those who are known little.
FROM_EACH: Final = 60
BEST_SELLERS: Final = 30
MOST_PEOPLE: Final = 3_000
# What comes next beside what goes together, which counts 1; and strengths of the regressions.
MIXES: Final = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)
STRENGTHS: Final = (0.003, 0.01, 0.03, 0.1, 1.0, 10.0)
HAND_MIX: Final = 1.0


@dataclass(frozen=True)
class Shelf:
    """What is known of each product, shape (n_products,): prices 0 and categories -1 for unknown,
    sold: units of the last month."""

    prices: FloatArray
    categories: IntArray
    sold: FloatArray


@dataclass(frozen=True, eq=False)
class Try:
    """One way to order: what it was told, its NDCG for each person, how much of the catalogue its
    lists hold."""

    way: str
    told: float
    ndcg: FloatArray
    coverage: float


@dataclass(frozen=True)
class Rankable:
    """Candidates of each person, those of one at starts[i]:starts[i + 1].

    products: places; features: (n, len(FEATURES)); bought: whether the person bought it next.
    """

    starts: IntArray
    products: IntArray
    features: FloatArray
    bought: FloatArray

    def __len__(self) -> int:
        return len(self.starts) - 1

    def of(self, people: IntArray) -> "Rankable":
        spans = [np.arange(self.starts[each], self.starts[each + 1]) for each in people]
        rows = np.concatenate([np.zeros(0, dtype=np.int64), *spans])
        lengths = [len(span) for span in spans]
        return Rankable(
            starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            products=self.products[rows],
            features=self.features[rows],
            bought=self.bought[rows],
        )

    def lists(self, weights: FloatArray, *, limit: int = LIST_LENGTH) -> IntArray:
        """Places of the best products of each person, shape (n_people, limit), padded with -1."""
        found = np.full((len(self), limit), -1, dtype=np.int64)
        worth = self.features @ weights
        for row in range(len(self)):
            span = slice(self.starts[row], self.starts[row + 1])
            products = self.products[span]
            best = np.lexsort((products, -worth[span]))[:limit]
            found[row, : len(best)] = products[best]
        return found


def rankable(
    returns: Returns,
    histories: Sequences,
    orders: IntArray,
    shelf: Shelf,
    *,
    together: FromHistory,
    upcoming: FromHistory,
) -> Rankable:
    """What could be shown to customers who came back, as it stood before they did.

    histories: of the same customers, oldest first. orders: how many each had placed.
    together, upcoming: recommenders of what was known then, answering with places.
    """
    best = np.lexsort((np.arange(len(shelf.sold)), -shelf.sold))[:BEST_SELLERS]
    most = float(shelf.sold.max(initial=1.0))
    lengths, products, features, bought = [], [], [], []
    wanted = returns.targets.tocsr()
    for row, own in enumerate(_each(histories)):
        found = _candidates(own, together=together, upcoming=upcoming, besides=best)
        places = np.array(sorted(found), dtype=np.int64)
        said = np.array([found[place] for place in places.tolist()]).reshape(-1, N_SOURCES)
        categories = shelf.categories[own]
        shares = np.array(
            [
                float((categories == each).mean()) if each >= 0 else 0.0
                for each in shelf.categories[places]
            ]
        )
        features.append(
            feature_rows(
                together=said[:, 0],
                upcoming=said[:, 1],
                sold=scaled_sales(shelf.sold[places], most),
                own_categories=shares,
                prices=shelf.prices[places],
                own_prices=shelf.prices[own],
                n_orders=int(orders[row]),
            )
        )
        targets = wanted.indices[wanted.indptr[row] : wanted.indptr[row + 1]]
        bought.append(np.isin(places, targets).astype(np.float64))
        products.append(places)
        lengths.append(len(places))
    return Rankable(
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        products=np.concatenate([np.zeros(0, dtype=np.int64), *products]),
        features=np.concatenate([np.zeros((0, len(FEATURES))), *features]),
        bought=np.concatenate([np.zeros(0), *bought]),
    )


def hand_weights(mix: float = HAND_MIX) -> FloatArray:
    """The recommenders mixed, nothing else counting: how rows are ordered without a version."""
    return np.array([1.0, mix, *np.zeros(len(FEATURES) - N_SOURCES)])


def fit_ranker(
    asked: Rankable, returns: Returns, *, learned_until_day: int, seed: int = 0
) -> RankerModel:
    """Chosen on half of the people, then fitted on all. Raises ValueError where nobody bought
    anything that could have been shown."""
    order = np.random.default_rng(seed).permutation(len(asked))
    learned, judged = np.sort(order[: len(order) // 2]), np.sort(order[len(order) // 2 :])
    part, rest = asked.of(learned), asked.of(judged)
    truth = Returns(returns.customer[judged], returns.history[judged], returns.targets[judged])
    tries = []
    for way, told, weights in _ways(part):
        lists = rest.lists(weights)
        wide = coverage(lists, n_products=truth.targets.shape[1])
        tries.append(Try(way, told, discover_quality(lists, truth).ndcg, wide))
    if not tries or not asked.bought.any():
        raise ValueError("nothing that was bought could have been shown")
    chosen = widest_of_best(tries)
    return RankerModel(
        weights=hand_weights(chosen.told)
        if chosen.way == "mix"
        else _regression(asked, chosen.way, chosen.told),
        learned_until_day=learned_until_day,
        choice={
            "way": chosen.way,
            "told": chosen.told,
            "validation_ndcg_at_10": round(float(chosen.ndcg.mean()), 6),
            "validation_coverage_at_10": round(chosen.coverage, 4),
            **{
                f"best_of_{way}": round(
                    max(float(each.ndcg.mean()) for each in tries if each.way == way), 6
                )
                for way in dict.fromkeys(each.way for each in tries)
            },
            "tries_of_each": len(MIXES),
        },
    )


def widest_of_best(tries: Sequence[Try]) -> Try:
    """Of those that are not told apart from the best, what shows most of the catalogue.

    A try is told apart when it loses more than one standard error of the paired difference
    (Breiman et al. 1984, "Classification and Regression Trees", rule of one standard error).
    """
    best = max(tries, key=lambda each: float(each.ndcg.mean()))
    close = []
    for each in tries:
        lost = best.ndcg - each.ndcg
        if float(lost.mean()) <= float(lost.std()) / np.sqrt(max(len(lost), 1)):
            close.append(each)
    return max(close, key=lambda each: each.coverage)


def _ways(part: Rankable) -> Iterator[tuple[str, float, FloatArray]]:
    for mix in MIXES:
        yield "mix", mix, hand_weights(mix)
    if not part.bought.any():
        return
    for way in ("recommenders", "everything"):
        for strength in STRENGTHS:
            yield way, strength, _regression(part, way, strength)


def _regression(asked: Rankable, way: str, strength: float) -> FloatArray:
    used = N_SOURCES if way == "recommenders" else len(FEATURES)
    model = LogisticRegression(C=strength, max_iter=500)
    model.fit(asked.features[:, :used], asked.bought)
    weights = np.zeros(len(FEATURES))
    weights[:used] = model.coef_[0]
    return weights


def _candidates(
    own: IntArray, *, together: FromHistory, upcoming: FromHistory, besides: IntArray
) -> dict[int, list[float]]:
    """By place: what each recommender says, 1 for its best."""
    found: dict[int, list[float]] = {}
    for at, source in enumerate((together, upcoming)):
        answer = source.candidates(own, most=FROM_EACH)
        top = float(answer.scores[0]) if len(answer) else 1.0
        for place, score in zip(answer.product_ids.tolist(), answer.scores.tolist(), strict=True):
            found.setdefault(place, [0.0] * N_SOURCES)[at] = score / top
    held = set(own.tolist())
    for place in besides.tolist():
        if place not in held:
            found.setdefault(place, [0.0] * N_SOURCES)
    return found


def _each(histories: Sequences) -> Iterator[IntArray]:
    for start, stop in zip(histories.starts[:-1], histories.starts[1:], strict=True):
        yield histories.products[start:stop]


def drawn(people: int, *, most: int = MOST_PEOPLE, seed: int = 0) -> IntArray:
    """Which of so many people are asked: all, or as many as are enough."""
    if people <= most:
        return np.arange(people)
    return np.sort(np.random.default_rng(seed).choice(people, size=most, replace=False))


def taken(returns: Returns, rows: IntArray) -> Returns:
    return Returns(returns.customer[rows], returns.history[rows], returns.targets[rows])


def orders_of(customers: IntArray, baskets: Any, asked: Sequence[int] | IntArray) -> IntArray:
    """How many different baskets each asked customer has. customers, baskets: of a log's lines."""
    pairs = np.unique(np.stack([customers, baskets]), axis=1)[0]
    keys, counts = np.unique(pairs, return_counts=True)
    at = np.searchsorted(keys, asked)
    found: IntArray = counts[np.minimum(at, len(counts) - 1)]
    return found
