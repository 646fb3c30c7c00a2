import gzip
from pathlib import Path

import pytest

from orders.algorithms import order_files
from orders.algorithms.online_retail import read
from orders.algorithms.order_files import (
    Faults,
    RefusedFileError,
    UnreadableValueError,
    parse_moment,
    parse_money,
    parse_whole,
)
from tests.orders.algorithms.retail_files import HEADER, make_file, make_line


def faults_of(*paths: Path) -> list[str]:
    faults = Faults()
    read(paths, faults=faults)
    return [str(fault) for fault in faults.first]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_plain_and_packed_files_with_or_without_a_mark_are_read(
    tmp_path: Path, packed: bool, encoding: str
) -> None:
    path = make_file(tmp_path, make_line(), packed=packed, encoding=encoding)
    faults = Faults()
    assert list(read([path], faults=faults).quantity) == [2]
    assert faults.count == 0


def test_semicolons_and_columns_in_another_order_are_read(tmp_path: Path) -> None:
    header = (
        "Country;quantity;Extra;UNIT PRICE;invoice_no;StockCode;Description;InvoiceDate;CustomerID"
    )
    line = "France;3;;1.50;600001;10001;MUG, BLUE;2026-03-02 10:00;17001"
    lines = read([make_file(tmp_path, line, header=header)], faults=Faults())
    assert lines.descriptions.texts == ["MUG, BLUE"]
    assert list(lines.price) == [150]


def test_a_bad_date_far_down_is_reported_with_its_row(tmp_path: Path) -> None:
    path = make_file(tmp_path, *[make_line()] * 199_999, make_line(date="31/31/2011"), make_line())
    assert faults_of(path) == ["row 200,001: date '31/31/2011' is not a date"]


def test_every_bad_row_is_reported_and_all_are_counted(tmp_path: Path) -> None:
    path = make_file(
        tmp_path,
        make_line(quantity="two"),
        make_line(price="2,50 EUR").replace(",50", ".50"),
        make_line(invoice=""),
        make_line() + ",one more",
        make_line(code="x" * 41),
    )
    assert faults_of(path) == [
        "row 2: quantity 'two' is not a whole number",
        "row 3: price '2.50 EUR' is not an amount",
        "row 4: InvoiceNo is empty",
        "row 5: 9 columns where the header has 8",
        "row 6: StockCode is longer than 40 characters",
    ]
    many = make_file(tmp_path, *[make_line(quantity="")] * 500)
    faults = Faults()
    read([many], faults=faults)
    assert (faults.count, len(faults.first)) == (500, order_files.KEEP_FAULTS)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "orders.csv is empty"),
        (b"\xef\xbb\xbf", "orders.csv is empty"),
        (b"\r\n\r\n", "orders.csv is empty"),
        (HEADER.encode(), "orders.csv has a header but no rows"),
        (b"InvoiceNo,Quantity\n1,2\n", "has no column StockCode, Description, InvoiceDate"),
        (HEADER.encode() + b",quantity\n", "has the column Quantity more than once"),
        (HEADER.encode() + b"\n1,\0,x", "row 2 holds a NUL byte"),
        (HEADER.encode() + b"\n600001,10001,TASSE BLEU\xc9", "row 2 is not UTF-8 text"),
        (HEADER.encode("utf-16"), "row 1 is not UTF-8 text"),
        (b"PK\x03\x04....", "is a spreadsheet or zip file"),
        (b"a," * 1_000_000, "row 1 is longer than 65536 bytes"),
        (HEADER.encode() + b"\n" + b"a," * 1_000_000, "row 2 is longer than 65536 bytes"),
        (HEADER.encode() + b'\n"' + b"a\n" * 100_000, "row 2 is longer than 65536 bytes"),
        (b"\x1f\x8b\x08\x00garbage that is not packed", "is a damaged gzip file"),
        (gzip.compress(HEADER.encode() + b"\n" * 99, mtime=0)[:-9], "is a damaged gzip file"),
    ],
)
def test_what_is_no_table_of_orders_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    with pytest.raises(RefusedFileError) as refused:
        read([path], faults=Faults())
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_unpacks_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    line = (make_line(description="A" * 400) + "\n").encode()
    with gzip.open(path, "wb", compresslevel=9) as packed:
        packed.write(HEADER.encode() + b"\n")
        for _ in range(100):
            packed.write(line * 1_000)
    with pytest.raises(RefusedFileError, match="unpacks to more than"):
        read([path], faults=Faults())


def test_few_rows_of_great_length_that_unpack_without_end_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    line = (make_line(description="A" * 60_000) + "\n").encode()
    with gzip.open(path, "wb", compresslevel=9) as packed:
        packed.write(HEADER.encode() + b"\n")
        for _ in range(10):
            packed.write(line * 40)
    with pytest.raises(RefusedFileError, match="unpacks to more than"):
        read([path], faults=Faults())


@pytest.mark.parametrize(
    ("text", "minor", "rounded"),
    [
        ("2.55", 255, False),
        ("2", 200, False),
        ("2.5", 250, False),
        ("0.001", 0, True),
        ("0.005", 1, True),
        ("-11062.06", -1106206, False),
        (" 18.0 ", 1800, False),
        ("1.100", 110, False),
    ],
)
def test_amounts_are_exact_minor_units(text: str, minor: int, rounded: bool) -> None:
    assert parse_money(text) == (minor, rounded)


@pytest.mark.parametrize("text", ["", "1e3", "1,5", "nan", "inf", "٣", "1_000", "0x1", "--1"])
def test_what_only_looks_like_a_number_is_none(text: str) -> None:
    with pytest.raises(UnreadableValueError):
        parse_money(text)
    with pytest.raises(UnreadableValueError):
        parse_whole(text)


@pytest.mark.parametrize(
    "text",
    ["", "2011-02-30", "2011-13-01 10:00", "31/31/2011 10:00", "0001-01-01", "9999-12-31", "now"],
)
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(UnreadableValueError, match="is not a date"):
        parse_moment(text)


def test_more_rows_than_memory_should_hold_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_files, "MAX_ROWS", 4)
    read([make_file(tmp_path, *[make_line()] * 3)], faults=Faults())
    with pytest.raises(RefusedFileError, match="has more than 4 rows"):
        read([make_file(tmp_path, *[make_line()] * 4)], faults=Faults())
