import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orders.algorithms import shop_layout
from orders.algorithms.order_files import Faults, RefusedFileError
from orders.algorithms.order_history import NOBODY, Kind, OrderHistory
from orders.algorithms.shop_layout import ShopRow, format_money

HEADER = "order_number,placed_at,sku,quantity,unit_price"


def read(folder: Path, content: str) -> tuple[OrderHistory, list[str]]:
    path = folder / "orders.csv"
    path.write_bytes(content.encode())
    faults = Faults()
    history = shop_layout.read([path], currency="CNY", faults=faults)
    return history, [str(fault) for fault in faults.first]


def rows_of(history: OrderHistory) -> list[ShopRow]:
    return [
        ShopRow(
            order_number=history.orders[history.order[line]],
            placed_at=int(history.placed_at[line]),
            sku=(history.charges if kind == Kind.CHARGE else history.skus)[history.sku[line]],
            quantity=int(history.quantity[line]),
            unit_price=int(history.unit_price[line]),
            kind=Kind(kind),
            product_name="" if kind == Kind.CHARGE else history.names[history.sku[line]],
            customer_number=(
                ""
                if history.customer[line] == NOBODY
                else history.customers[history.customer[line]]
            ),
            customer_email=(
                "" if history.customer[line] == NOBODY else history.emails[history.customer[line]]
            ),
            country=history.countries[history.country[line]],
            currency=history.currency,
            is_bulk=bool(history.is_bulk[line]),
            return_number=(
                history.orders[history.document[line]]
                if history.document[line] != history.order[line]
                else ""
            ),
        )
        for line, kind in enumerate(history.kind.tolist())
    ]


printable = st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])
texts = st.text(st.one_of(printable, st.sampled_from("=+-@',\";|\n")), max_size=20).map(str.strip)
codes = texts.filter(bool)


@st.composite
def histories(draw: st.DrawFn) -> list[ShopRow]:
    customers = draw(st.lists(codes, max_size=3, unique=True))
    emails = {code: f"c{place}@example.org" for place, code in enumerate(customers)}
    names = draw(st.dictionaries(codes, codes, min_size=1, max_size=4))
    rows = []
    for number in draw(st.lists(codes, min_size=1, max_size=4, unique=True)):
        placed_at = draw(st.integers(0, 2_000_000_000))
        customer = draw(st.sampled_from(["", *customers]))
        country = draw(texts)
        for sku in draw(st.lists(st.sampled_from(sorted(names)), min_size=1, max_size=4)):
            kind = draw(st.sampled_from([k for k in Kind if k != Kind.CANCELLATION]))
            lowest = 1 if kind == Kind.SALE else 0
            signs = {Kind.ADJUSTMENT: st.integers(-999, -1) | st.integers(1, 999)}
            money = {Kind.CHARGE: st.integers(-(10**9), 10**9)}
            rows.append(
                ShopRow(
                    order_number=number,
                    placed_at=placed_at,
                    sku=sku,
                    quantity=draw(signs.get(kind, st.integers(1, 10**8))),
                    unit_price=draw(money.get(kind, st.integers(lowest, 10**9))),
                    kind=kind,
                    product_name="" if kind == Kind.CHARGE else names[sku],
                    customer_number=customer,
                    customer_email=emails.get(customer, ""),
                    country=country,
                    is_bulk=kind == Kind.SALE and draw(st.booleans()),
                    return_number=f"{number[:30]} back" if kind == Kind.RETURN else "",
                )
            )
    return sorted(rows, key=lambda row: row.placed_at)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=histories())
def test_what_is_written_reads_back_the_same(tmp_path: Path, rows: list[ShopRow]) -> None:
    stream = io.StringIO(newline="")
    assert shop_layout.write(stream, rows) == len(rows)
    history, faults = read(tmp_path, stream.getvalue())
    assert faults == []
    assert rows_of(history) == rows


def test_five_columns_are_enough(tmp_path: Path) -> None:
    history, faults = read(tmp_path, f"{HEADER}\nA1,2026-03-02 10:00,TEA-1,3,12.50\n")
    assert faults == []
    assert rows_of(history) == [ShopRow("A1", 1772445600, "TEA-1", 3, 1250, product_name="TEA-1")]


def test_a_spreadsheet_cannot_be_made_to_run_a_name(tmp_path: Path) -> None:
    stream = io.StringIO(newline="")
    shop_layout.write(stream, [ShopRow("A1", 0, "S", 1, 1, product_name="=HYPERLINK(1)")])
    assert ",'=HYPERLINK(1)," in stream.getvalue()


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("A1,2026-03-02,T,0,1.00,,", "quantity 0 is not above zero"),
        ("A1,2026-03-02,T,1,-1.00,,", "price '-1.00' is below zero"),
        ("A1,2026-03-02,T,1,1.00,sold,", "kind 'sold' is none of sale, cancelled, returned"),
        ("A1,2026-03-02,T,1,1.00,,yuan", "currency 'yuan' is not a code of three letters"),
        (",2026-03-02,T,1,1.00,,", "order_number is empty"),
        ("A1,2026-03-02,'  ,1,1.00,,".replace("'", ""), "sku is empty"),
        ("A1,2026-3-2,T,1,1.00,,", "date '2026-3-2' is not a date"),
    ],
)
def test_a_row_that_cannot_be_meant_is_reported(tmp_path: Path, row: str, fault: str) -> None:
    history, faults = read(tmp_path, f"{HEADER},kind,currency\n{row}\n")
    assert len(history) == 0
    assert len(faults) == 1
    assert faults[0].startswith(f"row 2: {fault}")


def test_a_file_is_in_one_currency(tmp_path: Path) -> None:
    history, faults = read(
        tmp_path,
        f"{HEADER},currency\nA1,2026-03-02,T,1,1.00,USD\nA2,2026-03-02,T,1,1.00,\n"
        "A3,2026-03-02,T,1,1.00,CNY\n",
    )
    assert history.currency == "USD"
    assert faults == ["row 4: currency CNY where the rows above are in USD"]


def test_an_order_has_one_moment_and_one_customer(tmp_path: Path) -> None:
    history, faults = read(
        tmp_path,
        f"{HEADER},customer_number\nA1,2026-03-02,T,1,1.00,7\nA1,2026-03-03,U,1,1.00,7\n"
        "A1,2026-03-02,U,1,1.00,8\n",
    )
    assert len(history) == 1
    assert faults == [
        "row 3: order A1 has another moment, customer or country above",
        "row 4: order A1 has another moment, customer or country above",
    ]


def test_an_e_mail_address_alone_names_a_customer(tmp_path: Path) -> None:
    history, faults = read(
        tmp_path, f"{HEADER},customer_email\nA1,2026-03-02,T,1,1.00,li@example.org\n"
    )
    assert faults == []
    assert (history.customers, history.emails) == (["li@example.org"], ["li@example.org"])


def test_repeated_and_renamed_lines_are_kept_and_reported(tmp_path: Path) -> None:
    line = "A1,2026-03-02,T,1,1.00,"
    history, _ = read(
        tmp_path,
        f"{HEADER},product_name\nA2,2026-03-05,T,1,1.00,Tee\n{line}Tea\n{line}Tea\n",
    )
    assert history.names == ["Tee"]
    assert [(repair.check, repair.rows) for repair in history.repairs] == [
        ("duplicate_lines", 1),
        ("several_descriptions", 2),
    ]
    assert [example.row for example in history.repairs[1].examples] == [3, 4]


def test_a_currency_without_cents_has_none_in_the_file() -> None:
    assert format_money(1200, "JPY") == "1200"
    assert format_money(-5, "CNY") == "-0.05"


def test_a_file_without_prices_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedFileError, match="has no column unit_price"):
        read(tmp_path, "order_number,placed_at,sku,quantity\n")
