"""Learns the weights of `repeat` from what customers bought next, and chooses among three forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from recommendations.algorithms.item_graph_training import Matrix
from recommendations.algorithms.metrics import ListQuality, list_quality
from recommendations.algorithms.neighbours import Edges
from recommendations.algorithms.repeat import (
    FADING,
    FEATURES,
    OWN,
    RARITY,
    Drawn,
    Regulars,
    RepeatModel,
    Sales,
)
from recommendations.algorithms.shopping_log import FloatArray, IntArray, ShoppingLog

LIST_LENGTH = 10
RECENT_DAYS = 30
MOST_PEOPLE = 20_000
# Customers whose next order is learned from, of each of the two orders before the last.
LEARNED_ORDERS = 3_000
SHRINKAGE = 1e-3
FORMS = ("own habits", "people like you", "both")


@dataclass(frozen=True)
class Baskets:
    """The orders of each customer, oldest first.

    customer: rising keys, shape (n_customers,). orders: places of products and the day of each.
    """

    customer: IntArray
    orders: Sequence[Sequence[tuple[int, IntArray]]]
    n_products: int

    def without_newest(self, count: int) -> "Baskets":
        """Without the last `count` orders; the first one of everybody is kept."""
        return Baskets(
            customer=self.customer,
            orders=[each[: max(1, len(each) - count)] for each in self.orders],
            n_products=self.n_products,
        )

    def before(self, day: int) -> "Baskets":
        kept = [[order for order in each if order[0] < day] for each in self.orders]
        some = [at for at, each in enumerate(kept) if each]
        return Baskets(self.customer[some], [kept[at] for at in some], self.n_products)


def baskets_of(log: ShoppingLog) -> Baskets:
    bought = log.purchases()
    order = np.lexsort((bought.basket, bought.day, bought.customer))
    customer, basket = bought.customer[order], bought.basket[order]
    day, product = bought.day[order], bought.product[order]
    cuts = np.flatnonzero((np.diff(customer) != 0) | (np.diff(basket) != 0)) + 1
    people: dict[int, list[tuple[int, IntArray]]] = {}
    starts: IntArray = np.concatenate([[0], cuts]).astype(np.int64)[: len(product)]
    for start, products in zip(starts, np.split(product, cuts), strict=False):
        people.setdefault(int(customer[start]), []).append((int(day[start]), np.unique(products)))
    keys = np.array(sorted(people), dtype=np.int64)
    return Baskets(keys, [people[int(key)] for key in keys], log.n_products)


@dataclass(frozen=True)
class Questions:
    """Customers who came back: their orders before, and what the next one held."""

    before: Sequence[Sequence[IntArray]]
    wanted: Sequence[IntArray]
    customer: IntArray

    def __len__(self) -> int:
        return len(self.wanted)


def questions_of(baskets: Baskets, *, back: int) -> Questions:
    """The `back`-th order from the end of everybody who has more than `back`."""
    asked = [at for at, each in enumerate(baskets.orders) if len(each) > back]
    return Questions(
        before=[[order[1] for order in baskets.orders[at][:-back]] for at in asked],
        wanted=[baskets.orders[at][-back][1] for at in asked],
        customer=baskets.customer[asked],
    )


def draw_questions(questions: Questions, most: int, *, seed: int = 0) -> Questions:
    if len(questions) <= most:
        return questions
    drawn = np.sort(np.random.default_rng(seed).choice(len(questions), most, replace=False))
    return Questions(
        before=[questions.before[at] for at in drawn],
        wanted=[questions.wanted[at] for at in drawn],
        customer=questions.customer[drawn],
    )


def index_baskets(baskets: Baskets, *, product_ids: IntArray, seed: int = 0) -> RepeatModel:
    """People and sales of the baskets, with weights of 0."""
    held, recent = _counts(baskets)
    buyers = np.asarray((held > 0).sum(axis=0), dtype=np.float64).ravel()
    again = np.asarray((held > 1).sum(axis=0), dtype=np.float64).ravel()
    rarity = np.log1p(len(baskets.orders) / np.maximum(buyers, 1.0)) ** RARITY
    pool = np.arange(len(baskets.orders))
    if len(pool) > MOST_PEOPLE:
        pool = np.sort(np.random.default_rng(seed).choice(pool, MOST_PEOPLE, replace=False))
    tastes = _tastes(baskets, pool)
    by_rarity = np.sqrt(
        np.asarray(tastes.multiply(tastes) @ np.square(rarity), dtype=np.float64).ravel()
    )
    return RepeatModel(
        product_ids=product_ids,
        regulars=Regulars(
            tastes=_edges(tastes), holders=_edges(tastes.T.tocsr()), by_rarity=_single(by_rarity)
        ),
        sales=Sales(
            recent=_single(recent),
            buyers=_single(buyers),
            again=_single((again + 2.0) / (buyers + 20.0)),
            rarity=_single(rarity),
        ),
        weights=np.zeros(len(FEATURES)),
        learned_until_day=max((order[0] for each in baskets.orders for order in each), default=0),
        choice={},
    )


def fit_repeat(baskets: Baskets, *, product_ids: IntArray) -> RepeatModel:
    """Chooses the form on the last order of the history, learns it from the last two.

    The weights of a form are learned on the order before the last and measured on the last; the
    one with the largest sum of NDCG and hit rate is learned again on both.
    """
    lessons = [_lesson(baskets, back=back) for back in (1, 2)]
    weights = [learn_weights([lessons[1]], form) for form in range(len(FORMS))]
    reached = [lesson_quality(lessons[0], each) for each in weights]
    total = [float(each.ndcg.mean() + each.hit_rate.mean()) for each in reached]
    form = int(np.argmax(total))
    whole = index_baskets(baskets, product_ids=product_ids)
    return RepeatModel(
        product_ids=product_ids,
        regulars=whole.regulars,
        sales=whole.sales,
        weights=learn_weights(lessons, form),
        learned_until_day=whole.learned_until_day,
        choice={
            "form": FORMS[form],
            "tries": len(FORMS),
            "validation_ndcg_at_10": round(float(reached[form].ndcg.mean()), 6),
            "validation_hit_rate_at_10": round(float(reached[form].hit_rate.mean()), 6),
            "learned_orders": sum(len(each.wanted) for each in lessons),
        },
    )


@dataclass(frozen=True)
class Lesson:
    """Drawn products of many customers, one below the other.

    features: shape (n_rows, n_features). customer: rising index, shape (n_rows,). bought: whether
    the next order held the product. wanted: how many products it held, one for each customer.
    """

    features: FloatArray
    places: IntArray
    customer: IntArray
    bought: FloatArray
    wanted: IntArray


def _lesson(baskets: Baskets, *, back: int) -> Lesson:
    known = index_baskets(
        baskets.without_newest(back), product_ids=np.arange(baskets.n_products, dtype=np.int64)
    )
    questions = draw_questions(questions_of(baskets, back=back), LEARNED_ORDERS)
    features, places, bought = [], [], []
    for before, wanted in zip(questions.before, questions.wanted, strict=True):
        drawn = Drawn(known, before)
        features.append(drawn.features)
        places.append(drawn.places)
        bought.append(np.isin(drawn.places, wanted))
    return Lesson(
        features=np.concatenate(features) if features else np.zeros((0, len(FEATURES))),
        places=np.concatenate(places) if places else np.zeros(0, dtype=np.int64),
        customer=np.repeat(np.arange(len(questions)), [len(each) for each in places]),
        bought=np.concatenate(bought).astype(np.float64) if bought else np.zeros(0),
        wanted=np.array([len(each) for each in questions.wanted], dtype=np.int64),
    )


def learn_weights(lessons: Sequence[Lesson], form: int) -> FloatArray:
    """Weights of raw features that make what was bought likeliest among what was drawn.

    Minus the mean logarithm of the softmax over each customer's drawn products (Cao et al. 2007,
    "Learning to Rank: From Pairwise Approach to Listwise Approach", top one), ridge SHRINKAGE.
    """
    if FORMS[form] == "both":
        each = [learn_weights(lessons, number) for number in (0, 1)]
        both: FloatArray = (each[0] + each[1]) / 2.0
        return both
    used = np.array(OWN if FORMS[form] == "own habits" else range(len(FEATURES)))
    features, shares, starts, group = _stacked(lessons, used)
    weights = np.zeros(len(FEATURES))
    if not len(starts):
        return weights
    spread = features.std(axis=0) + 1e-9
    scaled = (features - features.mean(axis=0)) / spread

    def loss(trial: FloatArray) -> tuple[float, FloatArray]:
        ranked = scaled @ trial
        ranked -= np.maximum.reduceat(ranked, starts)[group]
        likely = np.exp(ranked)
        total = np.add.reduceat(likely, starts)
        value = -(shares @ (ranked - np.log(total)[group])) / len(starts)
        slope = scaled.T @ (likely / total[group] - shares) / len(starts)
        return value + SHRINKAGE * trial @ trial, slope + 2.0 * SHRINKAGE * trial

    found = minimize(
        loss, np.zeros(len(used)), jac=True, method="L-BFGS-B", options={"maxiter": 200}
    )
    weights[used] = found.x / spread
    return weights


def _stacked(
    lessons: Sequence[Lesson], used: IntArray
) -> tuple[FloatArray, FloatArray, IntArray, IntArray]:
    """Rows of customers who bought anything drawn: features, shares of 1, starts, group of each."""
    features, shares, group, count = [], [], [], 0
    for lesson in lessons:
        hits = np.bincount(lesson.customer, weights=lesson.bought, minlength=len(lesson.wanted))
        keep = hits[lesson.customer] > 0
        _, number = np.unique(lesson.customer[keep], return_inverse=True)
        features.append(lesson.features[keep][:, used])
        shares.append((lesson.bought / np.maximum(hits, 1.0)[lesson.customer])[keep])
        group.append(number + count)
        count += int(number.max()) + 1 if len(number) else 0
    grouped = np.concatenate(group)
    starts = np.flatnonzero(np.diff(grouped, prepend=-1))
    return np.concatenate(features), np.concatenate(shares), starts, grouped


def lesson_quality(lesson: Lesson, weights: FloatArray) -> ListQuality:
    ranked = lesson.features @ weights
    order = np.lexsort((lesson.places, -ranked, lesson.customer))
    place = np.arange(len(order)) - np.searchsorted(lesson.customer, lesson.customer)
    hits = np.zeros((len(lesson.wanted), LIST_LENGTH), dtype=np.bool_)
    top = place < LIST_LENGTH
    hits[lesson.customer[top], place[top]] = lesson.bought[order][top] > 0
    return list_quality(hits, lesson.wanted)


def repeat_lists(model: RepeatModel, questions: Questions, *, limit: int) -> IntArray:
    """What `candidates` says of each question, as places, padded with -1."""
    lists = np.full((len(questions), limit), -1, dtype=np.int64)
    for row, before in enumerate(questions.before):
        drawn = Drawn(model, before)
        ranked = drawn.features @ model.weights
        best = drawn.places[np.lexsort((drawn.places, -ranked))[:limit]]
        lists[row, : len(best)] = best
    return lists


class PersonalFrequency:
    """The baseline: what was bought in most orders, ties and the rest by number of buyers."""

    def __init__(self, buyers: FloatArray) -> None:
        self._buyers = buyers / max(float(buyers.max(initial=0.0)), 1.0)

    def lists(self, questions: Questions, *, limit: int) -> IntArray:
        found = np.full((len(questions), limit), -1, dtype=np.int64)
        popular = np.lexsort((np.arange(len(self._buyers)), -self._buyers))
        for row, before in enumerate(questions.before):
            products, orders = np.unique(np.concatenate(list(before)), return_counts=True)
            own = products[np.lexsort((products, -self._buyers[products], -orders))]
            rest = popular[: limit + len(own)]
            ranked = np.concatenate([own, rest[~np.isin(rest, own)]])[:limit]
            found[row, : len(ranked)] = ranked
        return found


def fit_personal_frequency(baskets: Baskets) -> PersonalFrequency:
    held, _ = _counts(baskets)
    return PersonalFrequency(np.asarray((held > 0).sum(axis=0), dtype=np.float64).ravel())


def question_quality(lists: IntArray, questions: Questions) -> ListQuality:
    hits = np.array(
        [np.isin(shown, wanted) for shown, wanted in zip(lists, questions.wanted, strict=True)],
        dtype=np.bool_,
    ).reshape(lists.shape)
    return list_quality(hits, np.array([len(each) for each in questions.wanted], dtype=np.int64))


def _counts(baskets: Baskets) -> tuple[Matrix, FloatArray]:
    """Orders of each customer with each product, sparse, and lines of the last month."""
    rows, columns, days = _entries(baskets, np.arange(len(baskets.orders)))[:3]
    size = (len(baskets.orders), baskets.n_products)
    held = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=size)
    held.sum_duplicates()
    newest = int(days.max(initial=0))
    recent = np.bincount(columns[days > newest - RECENT_DAYS], minlength=size[1])
    return held, recent.astype(np.float64)


def _tastes(baskets: Baskets, people: IntArray) -> Matrix:
    rows, columns, _, ago = _entries(baskets, people)
    held = sparse.csr_matrix(
        (FADING ** ago.astype(np.float64), (rows, columns)), shape=(len(people), baskets.n_products)
    )
    held.sum_duplicates()
    lengths = np.sqrt(np.asarray(held.multiply(held).sum(axis=1), dtype=np.float64).ravel())
    return (sparse.diags(1.0 / np.maximum(lengths, 1e-9)) @ held).tocsr()


def _entries(baskets: Baskets, people: IntArray) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Row, product, day and number of orders since, of each line."""
    rows, columns, days, since = [], [], [], []
    for row, person in enumerate(people):
        orders = baskets.orders[person]
        for number, (day, products) in enumerate(orders):
            rows.append(np.full(len(products), row))
            columns.append(products)
            days.append(np.full(len(products), day))
            since.append(np.full(len(products), len(orders) - 1 - number))
    if not rows:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, empty, empty
    return (
        np.concatenate(rows),
        np.concatenate(columns),
        np.concatenate(days),
        np.concatenate(since),
    )


def _edges(matrix: Matrix) -> Edges:
    return Edges(
        starts=matrix.indptr.astype(np.int64),
        targets=matrix.indices.astype(np.int32),
        values=matrix.data.astype(np.float32),
    )


def _single(values: FloatArray) -> Any:
    return values.astype(np.float32)
