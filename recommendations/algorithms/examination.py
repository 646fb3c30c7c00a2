"""One hold-out and the figures of everything that is measured on it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommendations.algorithms.evaluation import (
    Pages,
    Returns,
    by_customer,
    discover_quality,
    page_quality,
    pages_of,
    returns_of,
    unseen_popular_lists,
)
from recommendations.algorithms.metrics import (
    Interval,
    bootstrap_interval,
    coverage,
    mean_popularity,
)
from recommendations.algorithms.popularity import (
    RECENT_DAYS,
    Popularity,
    buyers_by_product,
    fit_popularity,
)
from recommendations.algorithms.shopping_log import BoolArray, FloatArray, IntArray, ShoppingLog

LIST_LENGTH = 10
POPULAR_SHARE = 0.2
LARGEST_GROUPS = 3
MIN_GROUP = 50


@dataclass(frozen=True)
class Answers:
    """What one method says.

    lists: beside every product, shape (n_products, LIST_LENGTH).
    unseen: for every returning customer, shape (n_returning, LIST_LENGTH).
    """

    lists: IntArray
    unseen: IntArray


@dataclass(frozen=True)
class Examination:
    """Orders from `from_day` on, asked as pages and as returning customers."""

    past: ShoppingLog
    pages: Pages
    returns: Returns
    buyers: IntArray
    from_day: int


def set_examination(log: ShoppingLog, *, from_day: int) -> Examination:
    past, future = log.before(from_day), log.since(from_day)
    return Examination(
        past=past,
        pages=pages_of(future),
        returns=returns_of(past, future),
        buyers=buyers_by_product(past),
        from_day=from_day,
    )


def choose_popularity(log: ShoppingLog, *, validation_from_day: int, as_of_day: int) -> Popularity:
    """Best sellers of all time or of the last month, whichever foretells the later pages better."""
    exam = set_examination(log, from_day=validation_from_day)
    windows: tuple[int | None, ...] = (None, RECENT_DAYS)
    ndcg = [
        page_quality(
            fit_popularity(exam.past, as_of_day=validation_from_day, days=days).lists(
                limit=LIST_LENGTH
            ),
            exam.pages,
        ).ndcg.sum()
        for days in windows
    ]
    return fit_popularity(log, as_of_day=as_of_day, days=windows[int(np.argmax(ndcg))])


def popular_answers(popular: Popularity, exam: Examination) -> Answers:
    return Answers(
        lists=popular.lists(limit=LIST_LENGTH),
        unseen=unseen_popular_lists(popular.ranked, exam.returns, limit=LIST_LENGTH),
    )


def figures(answers: Answers, exam: Examination) -> dict[str, float]:
    """Means over customers; the figures of pages first, then those of discovering."""
    pages = by_customer(page_quality(answers.lists, exam.pages), exam.pages.customer)
    discover = discover_quality(answers.unseen, exam.returns)
    asked = answers.lists[exam.pages.product]
    return {
        "ndcg_at_10": _mean(pages.ndcg),
        "recall_at_10": _mean(pages.recall),
        "hit_rate_at_10": _mean(pages.hit_rate),
        "coverage_at_10": coverage(answers.lists, n_products=len(exam.buyers)),
        "mean_buyers_of_shown": mean_popularity(asked, exam.buyers),
        "discover_ndcg_at_10": _mean(discover.ndcg),
        "discover_recall_at_10": _mean(discover.recall),
        "discover_hit_rate_at_10": _mean(discover.hit_rate),
        "customers": float(len(pages.ndcg)),
        "returning_customers": float(len(discover.ndcg)),
    }


def page_ndcg_gain(answers: Answers, reference: Answers, exam: Examination) -> Interval:
    """How much more NDCG than the reference, paired by customer."""
    ours = by_customer(page_quality(answers.lists, exam.pages), exam.pages.customer).ndcg
    theirs = by_customer(page_quality(reference.lists, exam.pages), exam.pages.customer).ndcg
    return bootstrap_interval(ours - theirs)


def group_figures(
    answers: Answers,
    exam: Examination,
    *,
    basket_country: IntArray,
    countries: Sequence[str],
) -> dict[str, dict[str, float]]:
    """The pages' figures for new and known customers, best sellers and the rest, and countries.

    Groups of fewer than MIN_GROUP customers are left out: their figures would be chance.
    """
    pages = exam.pages
    known = np.isin(pages.customer, exam.past.purchases().customer)
    ranks = np.empty(len(exam.buyers))
    ranks[np.argsort(-exam.buyers, kind="stable")] = np.arange(len(ranks))
    popular = ranks[pages.product] < POPULAR_SHARE * len(ranks)
    masks: dict[str, BoolArray] = {
        "customers: known": known,
        "customers: new": ~known,
        "products: best sellers": popular,
        "products: the rest": ~popular,
    }
    country = basket_country[pages.basket]
    present, counts = np.unique(country[country >= 0], return_counts=True)
    for index in present[np.argsort(-counts, kind="stable")][:LARGEST_GROUPS]:
        if countries[index]:
            masks[f"country: {countries[index]}"] = country == index
    quality = page_quality(answers.lists, pages)
    groups: dict[str, dict[str, float]] = {}
    for name, mask in masks.items():
        n_customers = len(np.unique(pages.customer[mask]))
        if n_customers >= MIN_GROUP:
            groups[name] = {
                "ndcg_at_10": float(quality.ndcg[mask].mean()),
                "hit_rate_at_10": float(quality.hit_rate[mask].mean()),
                "customers": float(n_customers),
            }
    return groups


def _mean(values: FloatArray) -> float:
    return float(values.mean()) if len(values) else 0.0
