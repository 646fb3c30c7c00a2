"""The layout of the UCI set "Online Retail", and what such a history needs before it can be used.

Chen, D. (2015), "Online Retail", UCI Machine Learning Repository, doi:10.24432/C5BW33. One line is
one item of one invoice; an invoice that begins with C cancels, one that begins with A adjusts a
debt. `read` checks and loads, `clean` repairs and says what it did; `load` does both.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from orders.algorithms import retail_repairs
from orders.algorithms.order_files import (
    Faults,
    RowReader,
    UnreadableValueError,
    gettext_noop,
    parse_moment,
    parse_money,
    parse_text,
    parse_whole,
)
from orders.algorithms.order_history import NOBODY, Kind, OrderHistory
from orders.algorithms.retail_lines import RawLines, Table, sorted_columns

COLUMNS = (
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
)
# The second edition of the set renamed two columns.
OTHER_NAMES = {"Invoice": "InvoiceNo", "Price": "UnitPrice"}
CURRENCY = "GBP"

# Everything else is postage, discounts, fees, vouchers and corrections.
PRODUCT_CODE = re.compile(r"\d{5}[A-Z]*")
MAX_CODE = 40


def read(
    paths: Iterable[Path],
    *,
    faults: Faults,
    until: int | None = None,
    on_progress: Callable[[int, float], None] | None = None,
) -> RawLines:
    """Load the lines of all files; rows that cannot be read are added to `faults`.

    until: leave out lines placed at or after this moment (seconds since 1970, the shop's clock),
        before anything is cleaned, so that later lines cannot repair earlier ones.
    Raises RefusedFileError for a file that is no table in this layout.
    """
    lines = RawLines()
    for path in paths:
        place = len(lines.files)
        lines.files.append(path.name)
        reader = RowReader(
            path, columns=COLUMNS, other_names=OTHER_NAMES, faults=faults, on_progress=on_progress
        )
        _read_one(reader, lines, place, until)
    return lines


def _read_one(reader: RowReader, lines: RawLines, place: int, until: int | None) -> None:
    moments: dict[str, int] = {}
    prices: dict[str, tuple[int, bool]] = {}
    wholes: dict[str, int] = {}
    for invoice, code, description, quantity, date, price, customer, country in reader:
        try:
            if (moment := moments.get(date)) is None:
                moment = moments[date] = parse_moment(date)
            if until is not None and moment >= until:
                continue
            if (units := wholes.get(quantity)) is None:
                units = wholes[quantity] = parse_whole(quantity)
            if (money := prices.get(price)) is None:
                money = prices[price] = parse_money(price)
            invoice_place = lines.invoices.place(_code(invoice, "InvoiceNo"))
            # Codes keep their case here: folding it is a repair, and is counted.
            code_place = lines.codes.place(_code(code, "StockCode"))
            text_place = lines.descriptions.place(parse_text(description, column="Description"))
            customer_place = (
                lines.customers.place(_code(customer, "CustomerID").removesuffix(".0"))
                if customer and not customer.isspace()
                else NOBODY
            )
            country_place = lines.countries.place(parse_text(country, column="Country", limit=60))
        except UnreadableValueError as error:
            reader.fault(error)
            continue
        lines.invoice.append(invoice_place)
        lines.code.append(code_place)
        lines.description.append(text_place)
        lines.quantity.append(units)
        lines.placed_at.append(moment)
        lines.price.append(money[0])
        lines.is_rounded.append(money[1])
        lines.customer.append(customer_place)
        lines.country.append(country_place)
        lines.file.append(place)
        lines.row.append(reader.row)


def _code(text: str, column: str) -> str:
    stripped = parse_text(text, column=column, limit=MAX_CODE)
    if not stripped:
        raise UnreadableValueError(gettext_noop("%(column)s is empty"), column=column)
    return stripped


def load(
    paths: Sequence[Path],
    *,
    until: int | None = None,
    on_progress: Callable[[int, float], None] | None = None,
) -> OrderHistory:
    """Read and clean; refuses at the first unreadable row (an import reports all of them)."""
    faults = Faults()
    raw = read(paths, faults=faults, until=until, on_progress=on_progress)
    faults.refuse_any()
    return clean(raw)


def clean(raw: RawLines, *, currency: str = CURRENCY) -> OrderHistory:
    """Give every line its meaning; nothing is dropped in silence, see `OrderHistory.repairs`."""
    table = Table(raw, sorted_columns(raw), codes=raw.codes.texts)
    retail_repairs.report_duplicates(table)
    retail_repairs.settle_orders(table)
    column = table.columns
    fold = retail_repairs.fold_codes(table)
    column["code"] = fold[column["code"]]
    is_product = np.array(
        [PRODUCT_CODE.fullmatch(code) is not None for code in table.codes], dtype=np.bool_
    )[column["code"]]
    is_cancelling = np.array(
        [invoice[:1] in "Cc" for invoice in raw.invoices.texts], dtype=np.bool_
    )[column["invoice"]]
    kind = retail_repairs.kinds(table, is_product, is_cancelling)
    partner = retail_repairs.net(kind, column)
    retail_repairs.report_kinds(table, kind, is_cancelling)
    retail_repairs.report_guests(table, kind)
    retail_repairs.report_prices(table)
    is_bulk = retail_repairs.mark_bulk(table, kind)
    names = retail_repairs.choose_names(table, is_product)

    skus, sku = retail_repairs.used(table.codes, column["code"], is_product)
    charges, charge = retail_repairs.used(table.codes, column["code"], ~is_product)
    return OrderHistory(
        orders=raw.invoices.texts,
        skus=skus,
        names=[names.get(code, code) for code in skus],
        charges=charges,
        customers=raw.customers.texts,
        emails=[""] * len(raw.customers.texts),
        countries=raw.countries.texts,
        files=raw.files,
        order=column["invoice"],
        document=column["invoice"],
        sku=np.where(is_product, sku, charge),
        customer=column["customer"],
        country=column["country"],
        placed_at=column["placed_at"],
        quantity=np.where(kind == Kind.ADJUSTMENT, column["quantity"], np.abs(column["quantity"])),
        unit_price=np.where(
            (kind == Kind.CHARGE) & (column["quantity"] < 0), -column["price"], column["price"]
        ),
        kind=kind,
        partner=partner,
        is_bulk=is_bulk,
        file=column["file"],
        row=column["row"],
        currency=currency,
        repairs=table.repairs,
    )
