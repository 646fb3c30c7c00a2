"""Who a page is for, as far as models may know."""

import re
from dataclasses import dataclass
from typing import Final

# The cookie of the random name.
COOKIE: Final = "visitor"
VISITOR_KEY: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Visitor:
    """key: the random name of a browser, or one made of the customer's number; empty for a visitor
    who allowed nothing and is not logged in.

    may_personalise: what is known of this visitor may choose what is shown.
    """

    key: str = ""
    customer_id: int | None = None
    language: str = ""
    may_personalise: bool = False


def is_visitor_key(text: str) -> bool:
    return VISITOR_KEY.fullmatch(text) is not None


def customer_key(customer_id: int) -> str:
    """Stands for the browser of a customer of whom no browser is known."""
    return f"customer-{customer_id}"
