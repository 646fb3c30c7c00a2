"""What a customer bought, for those who ask what they may say about it."""

from catalog.models import Product
from customers.models import User
from orders.models import OrderLine


def has_received(*, customer: User, product: Product) -> bool:
    """Whether the shop sent the customer this product, kept or sent back since."""
    return OrderLine.objects.filter(
        order__customer=customer, sku__product=product, quantity_shipped__gt=0
    ).exists()
