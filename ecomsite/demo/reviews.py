"""What the demo shop's customers write about what they bought, in their own language."""

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ecomsite.demo.specification import TEXTS
from ecomsite.demo.trade import DAY, Trade

REVIEW_SHARE = 0.055
ANGRY_REVIEWS = 12
# Remarks that only make sense for some goods.
GROUPS = {
    "textiles": "cloth",
    "clothing": "cloth",
    "bags": "cloth",
    "tea": "vessel",
    "tableware": "vessel",
    "kitchen": "vessel",
    "toys": "toys",
}
Rng = np.random.Generator


@dataclass(frozen=True)
class WrittenReview:
    product: int
    shopper: int
    is_chinese: bool
    stars: int
    title: str
    text: str
    written_at: int


def write_reviews(trade: Trade, *, seed: int) -> list[WrittenReview]:
    """Reviews of shipped goods, at most one per shopper and product, in order of time.

    Stars follow how good the product is and how lucky the buyer was; a bad batch brings a burst of
    angry ones. About one in fifty writes a text that does not go with the stars.
    """
    rng = np.random.default_rng(seed)
    written: list[WrittenReview] = []
    seen: set[tuple[int, int]] = set()
    for order in trade.orders:
        if order.is_cancelled or order.settled_at is None:
            continue
        is_late = order.settled_at - order.placed_at > 29 * 3600
        for line in order.lines:
            key = (line.product, order.shopper)
            chance = REVIEW_SHARE * (2.2 if line.returned else 1.0)
            moment = order.settled_at + round(float(rng.gamma(2.5, 3.2) + 2) * DAY)
            if rng.random() >= chance or key in seen or moment >= trade.end:
                continue
            seen.add(key)
            mood = 4.35 + 0.75 * float(trade.quality[line.product]) + rng.normal(0, 0.85)
            mood -= 0.4 * is_late + (2.2 if line.returned else 0.0)
            stars = int(np.clip(round(mood), 1, 5))
            written.append(_review(trade, line.product, order.shopper, stars, moment, rng))
    written += _angry(trade, seen, rng)
    return sorted(written, key=lambda review: (review.written_at, review.product, review.shopper))


def _angry(trade: Trade, seen: set[tuple[int, int]], rng: Rng) -> list[WrittenReview]:
    product = trade.planted.bad_product
    if product < 0:
        return []
    active = np.flatnonzero(
        (trade.shoppers.joined <= trade.planted.bad_day)
        & (trade.shoppers.left > trade.planted.bad_day - 30)
        & ~trade.shoppers.is_guest
    )
    angry = [
        shopper
        for shopper in rng.choice(active, min(ANGRY_REVIEWS, len(active)), replace=False).tolist()
        if (product, shopper) not in seen
    ]
    return [
        _review(
            trade,
            product,
            shopper,
            1 + int(rng.random() < 0.15),
            trade.planted.bad_day * DAY + int(rng.integers(0, 2 * DAY)),
            rng,
        )
        for shopper in angry
    ]


def _review(
    trade: Trade, product: int, shopper: int, stars: int, moment: int, rng: Rng
) -> WrittenReview:
    is_chinese = bool(trade.shoppers.speaks_chinese[shopper])
    tone = "positive" if stars >= 4 else "negative" if stars <= 2 else "mixed"
    if rng.random() < 0.02:
        tone = "negative" if tone == "positive" else "positive"
    words = _words()["zh" if is_chinese else "en"]
    kind = trade.goods.products[product].kind
    group = GROUPS.get(kind.category, "")
    text = _text(words, tone, stars, group, rng, gap="" if is_chinese else " ")
    noun = kind.noun.zh if is_chinese else kind.noun.en.lower()
    return WrittenReview(
        product,
        shopper,
        is_chinese,
        stars,
        str(rng.choice(words["titles"][tone])),
        text.replace("{noun}", noun),
        moment,
    )


def _text(words: dict[str, Any], tone: str, stars: int, group: str, rng: Rng, *, gap: str) -> str:
    remarks = words["remarks"]
    good = remarks["good"] + remarks["good_of"].get(group, []) * 2
    bad = remarks["bad"] + remarks["bad_of"].get(group, []) * 2
    if tone == "positive":
        chosen = _some(good, 1 + int(rng.integers(0, 3)), rng)
        if stars == 4 and rng.random() < 0.5:
            chosen.append(str(rng.choice(remarks["so_so"])))
    elif tone == "negative":
        chosen = _some(bad, 1 + int(rng.integers(0, 3)), rng)
        if stars == 2 and rng.random() < 0.3:
            chosen.insert(0, str(rng.choice(remarks["so_so"])))
    else:
        chosen = _some(remarks["so_so"], 1 + int(rng.integers(0, 2)), rng)
        if rng.random() < 0.6:
            chosen.append(str(rng.choice(good if rng.random() < 0.5 else bad)))
    opening = str(rng.choice(words["openings"][tone]))
    closing = str(rng.choice(words["closings"][tone]))
    return gap.join(part for part in (opening, *chosen, closing) if part)


def _some(choices: list[str], count: int, rng: Rng) -> list[str]:
    drawn = [choices[place] for place in rng.permutation(len(choices))[: count + 2].tolist()]
    return list(dict.fromkeys(drawn))[:count]


@cache
def _words() -> dict[str, Any]:
    with (TEXTS / "reviews.toml").open("rb") as file:
        return tomllib.load(file)
