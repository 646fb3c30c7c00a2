"""Which discounts a cart could have, why a code is not among them, and what little is missing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.money import format_money
from customers.models import User
from orders.algorithms import discounting
from orders.algorithms.discounting import Item, Offer
from orders.models import Discount
from orders.services.discounts import normalise_codes, refusal, uses_by_customer
from orders.services.goods import Goods
from orders.services.quotes import RejectedCode
from orders.services.selling_rules import RangedDiscount, SellingRules, ranged


@dataclass(frozen=True, slots=True)
class OfferBook:
    """All discounts that a cart might have, by key.

    offers: of those that may be used; refusals: why the others may not. typed: the codes that
    somebody entered.
    """

    items: tuple[Item, ...]
    currency: str
    typed: tuple[str, ...]
    discounts: Mapping[int, Discount]
    offers: Mapping[int, Offer]
    refusals: Mapping[int, str]

    def rejected(self, applied: Collection[int]) -> Iterator[RejectedCode]:
        """Each typed code that is not applied, with the reason."""
        by_code = {discount.code: key for key, discount in self.discounts.items()}
        for code in self.typed:
            key = by_code.get(code)
            if key is None:
                yield RejectedCode(code, _("There is no such code."))
            elif key not in applied:
                yield RejectedCode(code, self.refusals.get(key) or self._why_not(key))

    def hints(self) -> Iterator[str]:
        """What is missing for offers that apply by themselves and have begun to be met."""
        for key, offer in self.offers.items():
            discount = self.discounts[key]
            lacking = discounting.missing(offer, self.items)
            if discount.code is not None or not lacking or not offer.in_range:
                continue
            values = {"offer": discount.name}
            if offer.condition == discounting.FROM_AMOUNT:
                values["amount"] = format_money(lacking, self.currency)
                yield _("%(amount)s more for “%(offer)s”.") % values
            else:
                one = ngettext(
                    "%(n)d more for “%(offer)s”.", "%(n)d more for “%(offer)s”.", lacking
                )
                yield one % {**values, "n": lacking}

    def _why_not(self, key: int) -> str:
        offer = self.offers[key]
        if not offer.in_range:
            return _("Nothing in the cart belongs to this offer.")
        lacking = discounting.missing(offer, self.items)
        if lacking and offer.condition == discounting.FROM_AMOUNT:
            amount = format_money(lacking, self.currency)
            return _("%(amount)s more of what belongs to this offer is needed.") % {
                "amount": amount
            }
        if lacking:
            needed = ngettext(
                "%(n)d more of what belongs to this offer is needed.",
                "%(n)d more of what belongs to this offer are needed.",
                lacking,
            )
            return needed % {"n": lacking}
        return _("You save more without this code; it cannot be combined with other offers.")


def read_offers(
    *,
    goods: Sequence[Goods],
    currency: str,
    codes: Sequence[str],
    rules: SellingRules,
    customer: User | None,
    email: str,
    now: datetime,
) -> OfferBook:
    """Automatic offers and those of the codes; three statements at most."""
    typed = normalise_codes(codes)
    coded = ranged(Discount.objects.filter(code__in=typed)) if typed else ()
    known = {one.discount.pk: one for one in (*rules.automatic, *coded)}
    used = uses_by_customer(
        discounts=[one.discount for one in known.values()], customer=customer, email=email
    )
    refusals = {
        key: reason
        for key, one in known.items()
        if (
            reason := refusal(
                one.discount, currency=currency, used_by_customer=used.get(key, 0), now=now
            )
        )
    }
    return OfferBook(
        items=tuple(one.item for one in goods),
        currency=currency,
        typed=typed,
        discounts={key: one.discount for key, one in known.items()},
        offers={key: _offer(one, goods) for key, one in known.items() if key not in refusals},
        refusals=refusals,
    )


def _offer(one: RangedDiscount, goods: Sequence[Goods]) -> Offer:
    discount = one.discount
    return Offer(
        key=discount.pk,
        benefit=discount.benefit,
        benefit_value=discount.benefit_value,
        condition=discount.condition,
        condition_value=discount.condition_value,
        in_range=frozenset(
            each.sku_id
            for each in goods
            if (discount.includes_reduced or not each.is_reduced)
            and one.range.holds(product_id=each.product_id, brand_id=each.brand_id, path=each.path)
        ),
        is_combinable=discount.is_combinable,
        priority=discount.priority,
    )
