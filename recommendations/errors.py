"""What can go wrong in recommendations."""

from django.utils.translation import gettext as _


class RecommendationsError(Exception):
    """Base of every error of this app."""


class SameProductError(RecommendationsError):
    """Raised when a product is to be shown, or not shown, beside itself."""

    def __init__(self, product: str) -> None:
        self.product = product
        super().__init__(_("“%(product)s” cannot be shown beside itself.") % {"product": product})
