"""What a token may be used for; it never lets anybody do more than its person may."""

from collections.abc import Iterable
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SHOP: Final = "shop"
STOCK_READ: Final = "stock:read"
STOCK_WRITE: Final = "stock:write"
PURCHASING_READ: Final = "purchasing:read"
PURCHASING_WRITE: Final = "purchasing:write"
FORECASTS_READ: Final = "forecasts:read"
PRICES_READ: Final = "prices:read"
PRICES_WRITE: Final = "prices:write"
ORDERS_READ: Final = "orders:read"
ORDERS_WRITE: Final = "orders:write"
MODELS_READ: Final = "models:read"
MODELS_WRITE: Final = "models:write"
DECISIONS_READ: Final = "decisions:read"

SCOPES: Final[dict[str, str | Promise]] = {
    SHOP: _("buy, look at own orders and review, as the person of the token"),
    STOCK_READ: _("read stock levels and movements"),
    STOCK_WRITE: _("adjust stock"),
    PURCHASING_READ: _("read purchase orders"),
    PURCHASING_WRITE: _("approve, send and close purchase orders, receive goods"),
    FORECASTS_READ: _("read forecasts"),
    PRICES_READ: _("read price advice, markdown plans and predicted prices"),
    PRICES_WRITE: _("decide on price advice, markdown plans and predicted prices"),
    ORDERS_READ: _("read orders of all customers"),
    ORDERS_WRITE: _("ship and refund orders"),
    MODELS_READ: _("read models and training runs"),
    MODELS_WRITE: _("publish models"),
    DECISIONS_READ: _("read decisions"),
}


def known(scopes: Iterable[str]) -> list[str]:
    """Those that exist, each once, in the order of the list above."""
    wanted = set(scopes)
    return [scope for scope in SCOPES if scope in wanted]
