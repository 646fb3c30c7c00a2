"""What a visitor would see in a placement at this moment, and why; for staff."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.services.cards import ProductCard, read_cards
from customers.models import Consent, User
from customers.services.consents import read_consents
from insights.services.visitors import Visitor, customer_key
from recommendations.services.facts import Facts, read_facts
from recommendations.services.filters import RULE_WORDS
from recommendations.services.histories import Context, History
from recommendations.services.placing import Ranked, Row, rank_row, shown_row

MOST_BOUGHT_TOLD = 12
MOST_UNUSED = 10
MOST_DROPPED = 60


@dataclass(frozen=True, slots=True)
class PreviewedProduct:
    """parts: what each recommender added. because: the name of what spoke for it most."""

    product: ProductCard
    sentence: str
    source: str
    arm: str
    score: float
    because: str
    parts: Sequence[tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Preview:
    """dropped: product and the rule that left it out. next_ones: what would come after.

    allows: whether this visitor lets the shop recommend by what it knows of them.
    """

    row: Row
    arm: str
    is_on: bool
    allows: bool
    shown: Sequence[PreviewedProduct]
    dropped: Sequence[tuple[str, str]]
    next_ones: Sequence[str]
    viewed: Sequence[str]
    bought: Sequence[tuple[str, int]]
    # The version whose order it is; empty where recommenders were added up.
    ordered_by: str = ""


def preview(*, placement: str, customer: User | None, context: Context) -> Preview:
    """Nothing is written, and nothing is read that the page itself would not read.

    Without a customer it is an anonymous visit that allows it. Raises UnknownPlacementError.
    """
    visitor = visitor_for(customer)
    ranked = rank_row(placement=placement, visitor=visitor, context=context)
    history = History(visitor, context)
    cards = read_cards([each.product_id for each in ranked.ranked]) if ranked.ranked else {}
    row = shown_row(ranked, cards)
    times = history.times_bought
    wanted = [
        *(each.because for each in ranked.ranked),
        *(product_id for product_id, _rule in ranked.dropped[:MOST_DROPPED]),
        *ranked.unused[:MOST_UNUSED],
        *history.viewed,
        *list(times)[:MOST_BOUGHT_TOLD],
    ]
    facts = read_facts(pk for pk in wanted if pk)
    by_key = {each.product_id: each for each in ranked.ranked}
    return Preview(
        row=row,
        arm=ranked.arm_label,
        ordered_by=ranked.ordered_by,
        is_on=ranked.settings.is_on,
        allows=visitor.may_personalise,
        shown=[_previewed(by_key[each.product.pk], each.product, facts) for each in row.shown],
        dropped=[
            (facts[product_id].name, str(RULE_WORDS[rule]))
            for product_id, rule in ranked.dropped[:MOST_DROPPED]
            if product_id in facts
        ],
        next_ones=[facts[pk].name for pk in ranked.unused[:MOST_UNUSED] if pk in facts],
        viewed=[facts[pk].name for pk in history.viewed if pk in facts],
        bought=[
            (facts[pk].name, count)
            for pk, count in list(times.items())[:MOST_BOUGHT_TOLD]
            if pk in facts
        ],
    )


def visitor_for(customer: User | None) -> Visitor:
    if customer is None:
        return Visitor(may_personalise=True)
    allows = read_consents(user=customer).get(Consent.Purpose.PERSONALISATION, False)
    return Visitor(key=customer_key(customer.pk), customer_id=customer.pk, may_personalise=allows)


def _previewed(ranked: Ranked, card: ProductCard, facts: dict[int, Facts]) -> PreviewedProduct:
    return PreviewedProduct(
        product=card,
        sentence=ranked.sentence,
        source=ranked.source,
        arm=ranked.label,
        score=ranked.score,
        because=facts[ranked.because].name if ranked.because in facts else "",
        parts=ranked.parts,
    )
