"""What a retail history needs before it can be used, one function per kind of fault."""

from collections.abc import Sequence

import numpy as np

from orders.algorithms.order_files import gettext_noop
from orders.algorithms.order_history import (
    NOBODY,
    BoolArray,
    IntArray,
    Kind,
    repeated_lines,
    sum_by,
)
from orders.algorithms.retail_lines import Table, Vocabulary, oldest_first

BULK_TIMES_MEDIAN = 10
BULK_UNITS = 100
BULK_NEEDS_LINES = 5


def report_duplicates(table: Table) -> None:
    keys = [
        table.columns[name]
        for name in (
            "placed_at",
            "price",
            "country",
            "customer",
            "description",
            "quantity",
            "code",
            "invoice",
        )
    ]
    table.report(
        "duplicate_lines",
        "kept",
        gettext_noop("Lines that repeat another line in every column; perhaps keyed twice"),
        repeated_lines(keys),
    )


def fold_codes(table: Table) -> IntArray:
    """Upper-case codes; returns the new place of each old code and replaces `table.codes`."""
    upper = Vocabulary()
    old = table.codes
    fold = np.array([upper.place(code.upper()) for code in old], dtype=np.int64)
    changed = np.array([code != code.upper() for code in old], dtype=np.bool_)
    # Only a code that stands in both spellings would have become two products.
    spellings = np.bincount(fold, minlength=len(upper.texts)) if len(fold) else fold
    lines = np.flatnonzero((changed & (spellings[fold] > 1))[table.columns["code"]])
    table.report(
        "code_case",
        "repaired",
        gettext_noop("Codes that stand in upper and lower case; written in upper case"),
        lines,
    )
    table.codes = upper.texts
    return fold


def kinds(table: Table, is_product: BoolArray, is_cancelling: BoolArray) -> IntArray:
    quantity, price = table.columns["quantity"], table.columns["price"]
    customer, invoice = table.columns["customer"], table.columns["invoice"]
    kind = np.full(len(quantity), int(Kind.SALE), dtype=np.int64)
    # A free line beside paid ones, or for a known customer, was handed over. Alone and for nobody
    # it is how this layout books stock that was found or lost.
    paid = sum_by(
        invoice, (is_product & (quantity > 0) & (price > 0)).astype(np.int64), _size(invoice)
    )
    is_free = (price == 0) & (quantity > 0) & ((customer != NOBODY) | (paid[invoice] > 0))
    kind[is_product & is_free] = Kind.FREE
    kind[is_product & ~is_free & ((price <= 0) | (quantity <= 0))] = Kind.ADJUSTMENT
    kind[is_product & is_cancelling & (quantity < 0)] = Kind.RETURN
    kind[~is_product] = Kind.CHARGE
    return kind


def _size(places: IntArray) -> int:
    return int(places.max()) + 1 if len(places) else 0


def net(kind: IntArray, columns: dict[str, IntArray]) -> IntArray:
    """Pair each cancellation with the latest earlier sale of the same customer, SKU and quantity.

    Turns pairs into NETTED and CANCELLATION in `kind` and returns each line's partner, else -1.
    Guests are left out: two of them cannot be told apart.
    """
    partner = np.full(len(kind), -1, dtype=np.int64)
    known = columns["customer"] != NOBODY
    size = np.abs(columns["quantity"])
    cancels = np.flatnonzero((kind == Kind.RETURN) & known)
    sales = np.flatnonzero((kind == Kind.SALE) & known)
    # One number per (customer, SKU): quantities are compared beside it.
    pair = columns["customer"] * _size(columns["code"]) + columns["code"]
    sales = sales[np.isin(pair[sales], pair[cancels])]
    standing: dict[tuple[int, int], list[int]] = {}
    for line in np.union1d(sales, cancels).tolist():
        key = (int(pair[line]), int(size[line]))
        if kind[line] == Kind.SALE:
            standing.setdefault(key, []).append(line)
        elif standing.get(key):
            sale = standing[key].pop()
            partner[line], partner[sale] = sale, line
    paired = np.flatnonzero(partner >= 0)
    kind[paired] = np.where(kind[paired] == Kind.SALE, int(Kind.NETTED), int(Kind.CANCELLATION))
    return partner


def report_kinds(table: Table, kind: IntArray, is_cancelling: BoolArray) -> None:
    described = table.columns["description"]
    texts = table.raw.descriptions.texts

    def notes(lines: IntArray) -> dict[int, str]:
        return {int(line): texts[described[line]] for line in lines[:10]}

    charges = np.flatnonzero(kind == Kind.CHARGE)
    adjusts_debt = np.array(
        [invoice[:1] in "Aa" for invoice in table.raw.invoices.texts], dtype=np.bool_
    )[table.columns["invoice"]]
    debts = np.flatnonzero((kind == Kind.CHARGE) & adjusts_debt)
    charges = np.flatnonzero((kind == Kind.CHARGE) & ~adjusts_debt)
    sentences = (
        (
            "netted_cancellations",
            "repaired",
            gettext_noop("Sales that the same customer cancelled whole; not counted as demand"),
            np.flatnonzero(kind == Kind.NETTED),
        ),
        (
            "unmatched_cancellations",
            "kept",
            gettext_noop("Cancellations without such a sale; units came back, demand unchanged"),
            np.flatnonzero(kind == Kind.RETURN),
        ),
        (
            "write_offs",
            "repaired",
            gettext_noop("Units thrown away or lost, written as sales; booked as adjustments"),
            np.flatnonzero((kind == Kind.ADJUSTMENT) & (table.columns["quantity"] < 0)),
        ),
        (
            "found_stock",
            "repaired",
            gettext_noop("Units found, written as sales without a price; booked as adjustments"),
            np.flatnonzero((kind == Kind.ADJUSTMENT) & (table.columns["quantity"] >= 0)),
        ),
        (
            "free_lines",
            "kept",
            gettext_noop("Products given away at no price; they leave the stock, are no demand"),
            np.flatnonzero(kind == Kind.FREE),
        ),
        (
            "bad_debt",
            "dropped",
            gettext_noop("Adjustments of bad debt; not orders"),
            debts,
        ),
        (
            "codes_that_are_no_product",
            "dropped",
            gettext_noop("Postage, discounts, fees and vouchers; kept out of the catalogue"),
            charges,
        ),
    )
    for check, handling, what, lines in sentences:
        table.report(check, handling, what, lines, notes(lines))


def report_guests(table: Table, kind: IntArray) -> None:
    nobody = (table.columns["customer"] == NOBODY) & (kind != Kind.ADJUSTMENT)
    table.report(
        "guests",
        "kept",
        gettext_noop("Lines without a customer; ordered by a guest"),
        np.flatnonzero(nobody),
    )


def report_prices(table: Table) -> None:
    table.report(
        "price_fractions",
        "repaired",
        gettext_noop("Prices with fractions of the smallest coin; rounded"),
        np.flatnonzero(table.columns["is_rounded"]),
    )


def mark_bulk(table: Table, kind: IntArray) -> BoolArray:
    """Mark sales of at least 100 units and 10 times the SKU's median line, given 5 lines.

    The median looks at the whole history: the mark is for people who read it. A forecast that is
    measured must cap with what was known at the time.
    """
    code, quantity = table.columns["code"], table.columns["quantity"]
    sold = np.flatnonzero(kind == Kind.SALE)
    is_bulk = np.zeros(len(kind), dtype=np.bool_)
    if not len(sold):
        return is_bulk
    order = sold[np.lexsort((quantity[sold], code[sold]))]
    codes, first, count = np.unique(code[order], return_index=True, return_counts=True)
    low, high = first + (count - 1) // 2, first + count // 2
    median = np.zeros(_size(code))
    median[codes] = (quantity[order[low]] + quantity[order[high]]) / 2
    lines = np.zeros(_size(code), dtype=np.int64)
    lines[codes] = count
    is_large = (quantity >= BULK_UNITS) & (quantity >= BULK_TIMES_MEDIAN * median[code])
    is_bulk[sold] = (is_large & (lines[code] >= BULK_NEEDS_LINES))[sold]
    table.report(
        "bulk_orders",
        "kept",
        gettext_noop(
            "Sales of at least %(units)s units and %(times)s times the usual line; marked as bulk"
        ),
        np.flatnonzero(is_bulk),
        units=BULK_UNITS,
        times=BULK_TIMES_MEDIAN,
    )
    return is_bulk


def choose_names(table: Table, is_product: BoolArray) -> dict[str, str]:
    """The most frequent description in upper case per code; stock remarks are in lower case."""
    code, described = table.columns["code"], table.columns["description"]
    texts = table.raw.descriptions.texts
    products = np.flatnonzero(is_product)
    pairs, counts = np.unique(
        np.stack([code[products], described[products]]), axis=1, return_counts=True
    )
    best: dict[int, tuple[tuple[bool, int, str], int]] = {}
    several: dict[int, int] = {}
    for (place, text_place), count in zip(pairs.T.tolist(), counts.tolist(), strict=True):
        text = texts[text_place]
        if not text:
            continue
        several[place] = several.get(place, 0) + 1
        # A tie goes to the text that sorts last: the choice must not hang on the order of rows.
        rank = (text == text.upper(), count, text)
        if place not in best or rank > best[place][0]:
            best[place] = (rank, text_place)
    chosen = np.full(_size(code), -1, dtype=np.int64)
    for place, (_, text_place) in best.items():
        chosen[place] = text_place
    empty = np.array([not text for text in texts], dtype=np.bool_)[described]
    table.report(
        "empty_descriptions",
        "repaired",
        gettext_noop("Lines without a description; the code's usual one is used"),
        np.flatnonzero(is_product & empty),
    )
    differing = np.flatnonzero(is_product & ~empty & (described != chosen[code]))
    table.report(
        "several_descriptions",
        "repaired",
        gettext_noop("Lines whose description differs from the code's most frequent one"),
        differing,
        {int(line): texts[described[line]] for line in differing[:10]},
    )
    return {table.codes[place]: texts[text_place] for place, (_, text_place) in best.items()}


def settle_orders(table: Table) -> None:
    """One moment, customer and country per invoice: those of its first line."""
    invoice = table.columns["invoice"]
    _, first = np.unique(invoice, return_index=True)
    start = np.zeros(_size(invoice), dtype=np.int64)
    start[invoice[first]] = first
    for name, what in (
        (
            "placed_at",
            gettext_noop("Invoices with more than one moment; the first counts"),
        ),
        ("customer", gettext_noop("Invoices of more than one customer; the first counts")),
        ("country", gettext_noop("Invoices of more than one country; the first counts")),
    ):
        column = table.columns[name]
        settled = column[start[invoice]]
        table.report(f"one_{name}_per_order", "repaired", what, np.flatnonzero(column != settled))
        table.columns[name] = settled
    table.columns = oldest_first(table.columns)


def used(codes: Sequence[str], code: IntArray, wanted: BoolArray) -> tuple[list[str], IntArray]:
    """The codes that occur where `wanted`, sorted, and each line's place among them."""
    used = sorted({codes[place] for place in np.unique(code[wanted]).tolist()})
    at = {text: place for place, text in enumerate(used)}
    places = np.array([at.get(text, -1) for text in codes], dtype=np.int64)
    return used, places[code] if len(places) else code
