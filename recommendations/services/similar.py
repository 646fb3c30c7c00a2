"""The row "similar products" of a product page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from catalog.models import Product
from recommendations.models import Reason, SimilarProduct, SimilarProductRule

NAMED_WORDS = 3


class Branch(StrEnum):
    """What answered: the learned graph, likeness of content, or popularity alone."""

    STAFF = "staff"
    GRAPH = "graph"
    CONTENT = "content"
    POPULARITY = "popularity"
    NOTHING = "nothing"


_BRANCH_OF = {
    Reason.PINNED: Branch.STAFF,
    Reason.BOUGHT_TOGETHER: Branch.GRAPH,
    Reason.VIEWED_TOGETHER: Branch.GRAPH,
    Reason.SIMILAR_CONTENT: Branch.CONTENT,
    Reason.POPULAR: Branch.POPULARITY,
}
_STRONGEST_FIRST = (Branch.GRAPH, Branch.CONTENT, Branch.POPULARITY, Branch.STAFF)


@dataclass(frozen=True, slots=True)
class ShownProduct:
    """A product with its reason, as a code and as a sentence in the reader's language."""

    product: Product
    reason: Reason
    sentence: str

    @property
    def branch(self) -> Branch:
        return _BRANCH_OF[self.reason]


@dataclass(frozen=True, slots=True)
class SimilarProducts:
    """shown: best first. served_by: the best branch among them."""

    shown: list[ShownProduct]
    served_by: Branch


def similar_products(*, product: Product, limit: int = 8) -> SimilarProducts:
    """What to show beside a product: never sold out, never unpublished, never itself.

    Pairs that staff pinned come first and banned ones never; then the published list of the
    learned graph and of likeness; what is missing comes from the same category and then from what
    sells best, so that a new shop has a row too. At most six queries, whatever the limit.
    """
    pinned, banned = _rules(product)
    reasons: dict[int, tuple[Reason, Mapping[str, Any]]] = {
        similar_id: (Reason.PINNED, {}) for similar_id in pinned
    }
    published = (
        SimilarProduct.objects.to(product)
        .to_sell()
        .values_list("similar_id", "reason", "explanation")
    )
    for similar_id, reason, explanation in published:
        if similar_id not in banned:
            reasons.setdefault(similar_id, (Reason(reason), explanation))
    if len(reasons) < limit:
        _fill(reasons, product=product, banned=banned, limit=limit)
    wanted = list(reasons)[:limit]
    cards = Product.objects.for_cards().in_bulk(wanted)
    shown = [
        ShownProduct(
            product=cards[product_id],
            reason=reasons[product_id][0],
            sentence=reason_sentence(*reasons[product_id]),
        )
        for product_id in wanted
        if product_id in cards
    ]
    return SimilarProducts(shown=shown, served_by=_best_branch(each.branch for each in shown))


def reason_sentence(reason: Reason, explanation: Mapping[str, Any]) -> str:
    """Why a product is shown, with its numbers, for customers and staff."""
    facts = explanation.get("facts", {})
    if reason == Reason.BOUGHT_TOGETHER:
        return _bought_together(facts)
    if reason == Reason.SIMILAR_CONTENT:
        return _alike(facts)
    if reason == Reason.VIEWED_TOGETHER:
        return _("Often looked at on the same visit.")
    if reason == Reason.PINNED:
        return _("Chosen for you by our staff.")
    return _("Selling well at the moment.")


def _bought_together(facts: Mapping[str, Any]) -> str:
    together, buyers = int(facts.get("together", 0)), int(facts.get("buyers", 0))
    if facts.get("unit") == "customer":
        sentence = ngettext(
            "%(together)s of %(buyers)s customer who bought this also bought it.",
            "%(together)s of %(buyers)s customers who bought this also bought it.",
            buyers,
        )
    else:
        sentence = ngettext(
            "Bought together in %(together)s of %(buyers)s order.",
            "Bought together in %(together)s of %(buyers)s orders.",
            buyers,
        )
    return sentence % {
        "together": number_format(together, force_grouping=True),
        "buyers": number_format(buyers, force_grouping=True),
    }


def _alike(facts: Mapping[str, Any]) -> str:
    words = _words_of_language(facts.get("shared_words", ()))
    if not words:
        return _("From the same category.")
    named = _(", ").join(_("“%(word)s”") % {"word": word} for word in words)
    if facts.get("same_category"):
        return _("Same category, and both names say %(words)s.") % {"words": named}
    return _("Both names say %(words)s.") % {"words": named}


def _words_of_language(words: Iterable[str]) -> list[str]:
    """The words a reader of the present language can read, or all when there are none."""
    in_chinese = (get_language() or "").startswith("zh")
    readable = [word for word in words if word.isascii() != in_chinese]
    return (readable or list(words))[:NAMED_WORDS]


def _rules(product: Product) -> tuple[list[int], set[int]]:
    pinned: list[int] = []
    banned: set[int] = set()
    rules = SimilarProductRule.objects.filter(product=product).order_by("created_at", "pk")
    for similar_id, kind, status, has_stock in rules.values_list(
        "similar_id", "kind", "similar__status", "similar__has_stock"
    ):
        if kind == SimilarProductRule.Kind.BAN:
            banned.add(similar_id)
        elif status == Product.Status.PUBLISHED and has_stock:
            pinned.append(similar_id)
    return pinned, banned


def _fill(
    reasons: dict[int, tuple[Reason, Mapping[str, Any]]],
    *,
    product: Product,
    banned: set[int],
    limit: int,
) -> None:
    """Add what sells best in the same category, then anywhere, until there are `limit`."""
    to_sell = (
        Product.objects.published().filter(has_stock=True).order_by("-units_sold_30_days", "-pk")
    )
    sources = [(Reason.POPULAR, to_sell)]
    if product.category_id is not None:
        same = to_sell.filter(category_id=product.category_id)
        sources.insert(0, (Reason.SIMILAR_CONTENT, same))
    for reason, candidates in sources:
        missing = limit - len(reasons)
        if missing <= 0:
            return
        taken = {product.pk, *banned, *reasons}
        # Asking for as many more as are taken keeps a long NOT IN out of the query.
        for product_id in candidates.values_list("pk", flat=True)[: missing + len(taken)]:
            if product_id not in taken and len(reasons) < limit:
                reasons[product_id] = (reason, {})


def _best_branch(branches: Iterable[Branch]) -> Branch:
    present = set(branches)
    return next((branch for branch in _STRONGEST_FIRST if branch in present), Branch.NOTHING)
