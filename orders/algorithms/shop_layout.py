"""Our own layout of an order history as CSV, read and written; `docs/order-layout.md` is its text.

Reading what was written gives the same history back.
"""

import csv
import re
from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import numpy as np

from orders.algorithms.order_files import (
    Faults,
    RowReader,
    Sentence,
    UnreadableValueError,
    gettext_noop,
    minor_digits,
    parse_moment,
    parse_money,
    parse_text,
    parse_whole,
)
from orders.algorithms.order_history import (
    NOBODY,
    Kind,
    OrderHistory,
    Repair,
    examples,
    repeated_lines,
)
from orders.algorithms.retail_lines import Vocabulary, integers

COLUMNS = (
    "order_number",
    "placed_at",
    "sku",
    "quantity",
    "unit_price",
    "kind",
    "product_name",
    "customer_number",
    "customer_email",
    "country",
    "currency",
    "is_bulk",
    "return_number",
)
OPTIONAL = COLUMNS[5:]
KINDS = {
    "": Kind.SALE,
    "sale": Kind.SALE,
    "cancelled": Kind.NETTED,
    "returned": Kind.RETURN,
    "gift": Kind.FREE,
    "adjustment": Kind.ADJUSTMENT,
    "charge": Kind.CHARGE,
}
WORDS = {kind: word for word, kind in KINDS.items() if word}
MAX_CODE = 40
# A spreadsheet runs a cell that begins like this as a formula.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class ShopRow:
    """One line of the layout. placed_at: seconds since 1970 on the shop's own clock."""

    order_number: str
    placed_at: int
    sku: str
    quantity: int
    unit_price: int
    kind: Kind = Kind.SALE
    product_name: str = ""
    customer_number: str = ""
    customer_email: str = ""
    country: str = ""
    currency: str = "CNY"
    is_bulk: bool = False
    return_number: str = ""


def write(stream: TextIO, rows: Iterable[ShopRow]) -> int:
    """Write the header and all rows; returns how many rows."""
    out = csv.writer(stream, lineterminator="\r\n")
    out.writerow(COLUMNS)
    count = 0
    for row in rows:
        count += 1
        out.writerow(
            (
                _plain(row.order_number),
                datetime.fromtimestamp(row.placed_at, tz=UTC).strftime("%Y-%m-%d %H:%M:%S"),
                _plain(row.sku),
                row.quantity,
                format_money(row.unit_price, row.currency),
                WORDS[row.kind],
                _plain(row.product_name),
                _plain(row.customer_number),
                _plain(row.customer_email),
                _plain(row.country),
                row.currency,
                int(row.is_bulk),
                _plain(row.return_number),
            )
        )
    return count


def format_money(minor: int, currency: str) -> str:
    digits = minor_digits(currency)
    if not digits:
        return str(minor)
    whole, fraction = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole}.{fraction:0{digits}}"


def _plain(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _text(text: str, column: str, *, limit: int, required: bool = False) -> str:
    stripped = text.strip()
    if stripped[:1] == "'" and _FORMULA.match(stripped):
        stripped = stripped[1:]
    if required and not stripped:
        raise UnreadableValueError(gettext_noop("%(column)s is empty"), column=column)
    return parse_text(stripped, column=column, limit=limit)


@dataclass(slots=True)
class _Order:
    placed_at: int
    customer: int
    country: int


@dataclass(slots=True)
class _Lines:
    """What was read so far."""

    currency: str
    orders: Vocabulary = field(default_factory=Vocabulary)
    skus: Vocabulary = field(default_factory=Vocabulary)
    charges: Vocabulary = field(default_factory=Vocabulary)
    customers: Vocabulary = field(default_factory=Vocabulary)
    countries: Vocabulary = field(default_factory=Vocabulary)
    names: dict[int, str] = field(default_factory=dict)
    emails: dict[int, str] = field(default_factory=dict)
    heads: dict[int, _Order] = field(default_factory=dict)
    numbers: dict[str, array] = field(default_factory=dict)  # type: ignore[type-arg]  # array is not subscriptable at run time
    renamed: list[int] = field(default_factory=list)
    rounded: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in (
            *("order", "document", "placed_at", "sku", "customer", "country", "quantity"),
            *("unit_price", "kind", "is_bulk", "file", "row"),
        ):
            self.numbers[name] = integers()

    def __len__(self) -> int:
        return len(self.numbers["row"])


def read(
    paths: Iterable[Path],
    *,
    currency: str,
    faults: Faults,
    until: int | None = None,
    on_progress: Callable[[int, float], None] | None = None,
) -> OrderHistory:
    """Load all files; rows that cannot be read are added to `faults`.

    currency: of a history whose first row names none. A file is in one currency: rows that name
        another one are faults.
    until: leave out lines at or after this moment (seconds since 1970, the shop's clock).
    Raises RefusedFileError for a file that is no table in this layout.
    """
    lines = _Lines(currency)
    files: list[str] = []
    for path in paths:
        reader = RowReader(
            path, columns=COLUMNS, optional=OPTIONAL, faults=faults, on_progress=on_progress
        )
        for values in reader:
            try:
                _add(lines, values, file=len(files), row=reader.row, until=until)
            except UnreadableValueError as error:
                reader.fault(error)
        files.append(path.name)
    return _history(lines, files)


def _add(lines: _Lines, values: tuple[str, ...], *, file: int, row: int, until: int | None) -> None:
    (
        number_text,
        moment_text,
        sku_text,
        quantity_text,
        price_text,
        kind_text,
        name_text,
        customer_text,
        email_text,
        country_text,
        currency_text,
        bulk_text,
        return_text,
    ) = values
    placed_at = parse_moment(moment_text)
    if until is not None and placed_at >= until:
        return
    kind = _kind(kind_text)
    quantity = parse_whole(quantity_text)
    _check_currency(currency_text, lines)
    price, is_rounded = parse_money(price_text, minor_digits=minor_digits(lines.currency))
    if kind == Kind.SALE and price == 0:
        # Given away: it leaves the stock but says nothing about what people would buy.
        kind = Kind.FREE
    if quantity <= 0 and kind != Kind.ADJUSTMENT:
        raise UnreadableValueError(
            gettext_noop("quantity %(value)s is not above zero"), value=quantity
        )
    if price < 0 and kind != Kind.CHARGE:
        raise UnreadableValueError(
            gettext_noop("price '%(value)s' is below zero"), value=price_text[:40]
        )
    if bulk_text.strip() not in ("", "0", "1"):
        raise UnreadableValueError(
            gettext_noop("is_bulk '%(value)s' is neither 0 nor 1"), value=bulk_text[:40]
        )
    number = _text(number_text, "order_number", limit=MAX_CODE, required=True)
    code = _text(sku_text, "sku", limit=MAX_CODE, required=True)
    name = _text(name_text, "product_name", limit=200)
    customer_code = _text(customer_text, "customer_number", limit=MAX_CODE)
    email = _text(email_text, "customer_email", limit=254)
    if email and not _EMAIL.fullmatch(email):
        raise UnreadableValueError(
            gettext_noop("'%(value)s' is not an email address"), value=email[:80]
        )
    if email and not customer_code:
        customer_code = email[:MAX_CODE]
    country_name = _text(country_text, "country", limit=60)
    return_number = _text(return_text, "return_number", limit=MAX_CODE)

    order = lines.orders.place(number)
    document = order
    if return_number and kind == Kind.RETURN:
        document = lines.orders.place(return_number)
    customer = lines.customers.place(customer_code) if customer_code else NOBODY
    country = lines.countries.place(country_name)
    if kind not in (Kind.RETURN, Kind.ADJUSTMENT):
        head = lines.heads.setdefault(order, _Order(placed_at, customer, country))
        if (head.placed_at, head.customer, head.country) != (placed_at, customer, country):
            raise UnreadableValueError(
                gettext_noop("order %(order)s has another moment, customer or country above"),
                order=number,
            )
    if email:
        lines.emails[customer] = email
    if kind == Kind.CHARGE:
        sku = lines.charges.place(code)
    else:
        sku = lines.skus.place(code)
        if name and lines.names.setdefault(sku, name) != name:
            lines.renamed.append(len(lines))
    if is_rounded:
        lines.rounded.append(len(lines))
    numbers = lines.numbers
    for column, value in (
        ("order", order),
        ("document", document),
        ("placed_at", placed_at),
        ("sku", sku),
        ("customer", customer),
        ("country", country),
        ("quantity", quantity),
        ("unit_price", price),
        ("kind", kind),
        ("is_bulk", bulk_text.strip() == "1" and kind == Kind.SALE),
        ("file", file),
        ("row", row),
    ):
        numbers[column].append(value)


def _kind(text: str) -> Kind:
    kind = KINDS.get(text.strip().lower())
    if kind is None:
        raise UnreadableValueError(
            gettext_noop("kind '%(value)s' is none of %(known)s"),
            value=text[:40],
            known=", ".join(WORDS.values()),
        )
    return kind


def _check_currency(text: str, lines: _Lines) -> None:
    found, expected = text.strip(), lines.currency
    if found and not _CURRENCY.fullmatch(found):
        raise UnreadableValueError(
            gettext_noop("currency '%(value)s' is not a code of three letters"), value=found[:40]
        )
    if found and not len(lines):
        lines.currency = found
    elif found and found != expected:
        raise UnreadableValueError(
            gettext_noop("currency %(value)s where the rows above are in %(expected)s"),
            value=found,
            expected=expected,
        )


def _history(lines: _Lines, files: list[str]) -> OrderHistory:
    columns = {name: np.array(values, dtype=np.int64) for name, values in lines.numbers.items()}
    oldest_first = np.argsort(columns["placed_at"], kind="stable")
    rank = np.empty(len(oldest_first), dtype=np.int64)
    rank[oldest_first] = np.arange(len(oldest_first))
    columns = {name: column[oldest_first] for name, column in columns.items()}
    keys = [column for name, column in columns.items() if name not in ("file", "row")]
    code = np.where(
        columns["kind"] == Kind.CHARGE, columns["sku"] + len(lines.skus.texts), columns["sku"]
    )
    repairs = [
        Repair(
            check,
            handling,
            len(touched),
            Sentence(what),
            examples(
                touched,
                files=files,
                columns=columns | {"code": code},
                orders=lines.orders.texts,
                codes=lines.skus.texts + lines.charges.texts,
            ),
        )
        for check, handling, what, touched in (
            (
                "duplicate_lines",
                "kept",
                gettext_noop("Lines that repeat another line in every column; perhaps keyed twice"),
                repeated_lines(keys),
            ),
            (
                "several_descriptions",
                "repaired",
                gettext_noop("Lines whose product name differs from the first; the first is used"),
                np.sort(rank[np.array(lines.renamed, dtype=np.int64)]),
            ),
            (
                "price_fractions",
                "repaired",
                gettext_noop("Prices with fractions of the smallest coin; rounded"),
                np.sort(rank[np.array(lines.rounded, dtype=np.int64)]),
            ),
        )
        if len(touched)
    ]
    skus = lines.skus.texts
    return OrderHistory(
        orders=lines.orders.texts,
        skus=skus,
        names=[lines.names.get(place, code) for place, code in enumerate(skus)],
        charges=lines.charges.texts,
        customers=lines.customers.texts,
        emails=[lines.emails.get(place, "") for place in range(len(lines.customers.texts))],
        countries=lines.countries.texts,
        files=files,
        order=columns["order"],
        document=columns["document"],
        sku=columns["sku"],
        customer=columns["customer"],
        country=columns["country"],
        placed_at=columns["placed_at"],
        quantity=columns["quantity"],
        unit_price=columns["unit_price"],
        kind=columns["kind"],
        partner=np.full(len(lines), -1, dtype=np.int64),
        is_bulk=columns["is_bulk"].astype(np.bool_),
        file=columns["file"],
        row=columns["row"],
        currency=lines.currency,
        repairs=repairs,
    )
