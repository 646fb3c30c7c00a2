"""States of orders and of returns: which step may follow which, and what they are together.

The one table that models, services and pages read. Names are those in the database.
"""

from collections.abc import Mapping
from typing import Final

PLACED: Final = "placed"
HELD: Final = "held"
PAID: Final = "paid"
PART_SHIPPED: Final = "part_shipped"
SHIPPED: Final = "shipped"
COMPLETED: Final = "completed"
CANCELLED: Final = "cancelled"

# An order that ships before it is paid goes from "placed" straight on; the others pass "paid".
ORDER_STEPS: Final[Mapping[str, frozenset[str]]] = {
    PLACED: frozenset({HELD, PAID, PART_SHIPPED, SHIPPED, CANCELLED}),
    HELD: frozenset({PLACED, PAID, CANCELLED}),
    PAID: frozenset({HELD, PART_SHIPPED, SHIPPED, CANCELLED}),
    PART_SHIPPED: frozenset({PART_SHIPPED, SHIPPED}),
    SHIPPED: frozenset({COMPLETED}),
    COMPLETED: frozenset(),
    CANCELLED: frozenset(),
}
ORDER_STATES: Final = tuple(ORDER_STEPS)

# Something is still to be done for it.
OPEN: Final = frozenset({PLACED, HELD, PAID, PART_SHIPPED})
# Paid, and not all of it has left. Orders that ship before payment join them while "placed".
TO_SHIP: Final = frozenset({PAID, PART_SHIPPED})
FINISHED: Final = frozenset({COMPLETED, CANCELLED})

REQUESTED: Final = "requested"
APPROVED: Final = "approved"
RECEIVED: Final = "received"
REFUNDED: Final = "refunded"
REFUSED: Final = "refused"

RETURN_STEPS: Final[Mapping[str, frozenset[str]]] = {
    REQUESTED: frozenset({APPROVED, REFUSED}),
    APPROVED: frozenset({RECEIVED, REFUSED}),
    RECEIVED: frozenset({REFUNDED}),
    REFUNDED: frozenset(),
    REFUSED: frozenset(),
}
RETURN_STATES: Final = tuple(RETURN_STEPS)
# Units of these are on their way back.
RETURN_UNDERWAY: Final = frozenset({REQUESTED, APPROVED})
