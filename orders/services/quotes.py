"""What a cart costs, as values that travel to pages, orders and invoices."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from orders.services.shipping import ShippingOffer


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """Units of one SKU that are to be priced."""

    sku_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """goods_minor: before discounts. discount_minor and tax_minor: the line's share of both.

    The tax is a part of the price or on top of it, as the quote says. is_promoted: at a reduced
    price.
    """

    sku_id: int
    quantity: int
    unit_price_minor: int
    goods_minor: int
    discount_minor: int
    tax_minor: int
    tax_basis_points: int
    is_promoted: bool


@dataclass(frozen=True, slots=True)
class AppliedDiscount:
    """amount_minor: off the goods and off delivery; 0 for free delivery not yet chosen."""

    discount_id: int
    name: str
    code: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class TaxLine:
    """base_minor: what is taxed, without the tax."""

    name: str
    basis_points: int
    base_minor: int
    amount_minor: int
    is_included: bool


class RejectedCode(NamedTuple):
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Quote:
    """total = goods + shipping + tax - discount, all in minor units of the currency.

    discount_minor: off the goods; what a discount takes off delivery is already taken from
    shipping_minor, and shipping_full_minor says what it was. tax_minor: on top of the prices;
    tax_included_minor: a part of them, only named.
    """

    lines: tuple[QuotedLine, ...]
    goods_minor: int
    discount_minor: int
    shipping_minor: int
    shipping_full_minor: int
    tax_minor: int
    tax_included_minor: int
    shipping_tax_minor: int
    total_minor: int
    currency: str
    discounts: tuple[AppliedDiscount, ...]
    taxes: tuple[TaxLine, ...]
    rejected_codes: tuple[RejectedCode, ...]
    hints: tuple[str, ...]
    weight_grams: int
    shipping: ShippingOffer | None

    def as_breakdown(self) -> dict[str, Any]:
        """How the sums came about, to be kept with the order, in the customer's language."""
        return {
            "goods_minor": self.goods_minor,
            "discount_minor": self.discount_minor,
            "weight_grams": self.weight_grams,
            "discounts": [
                {
                    "id": discount.discount_id,
                    "name": discount.name,
                    "code": discount.code,
                    "amount_minor": discount.amount_minor,
                }
                for discount in self.discounts
            ],
            "taxes": [
                {
                    "name": tax.name,
                    "basis_points": tax.basis_points,
                    "base_minor": tax.base_minor,
                    "amount_minor": tax.amount_minor,
                    "is_included": tax.is_included,
                }
                for tax in self.taxes
            ],
            "shipping": self._shipping(),
        }

    def _shipping(self) -> dict[str, Any]:
        """Empty where nothing is delivered."""
        if self.shipping is None:
            return {}
        return {
            "method_id": self.shipping.method.pk,
            "name": self.shipping.method.name,
            "carrier": self.shipping.method.carrier,
            "price_minor": self.shipping_minor,
            "full_price_minor": self.shipping_full_minor,
            "tax_minor": self.shipping_tax_minor,
            "days_min": self.shipping.days_min,
            "days_max": self.shipping.days_max,
            "earliest_on": self.shipping.earliest_on.isoformat(),
            "latest_on": self.shipping.latest_on.isoformat(),
        }
