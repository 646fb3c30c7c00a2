import random
from pathlib import Path

import numpy as np
import pytest

from orders.algorithms.online_retail import load
from orders.algorithms.order_files import RefusedFileError
from orders.algorithms.order_history import Kind, OrderHistory, demand_days
from tests.orders.algorithms.retail_files import make_file, make_line


def kinds(history: OrderHistory) -> list[str]:
    return [Kind(kind).name for kind in history.kind]


def repairs(history: OrderHistory) -> dict[str, tuple[str, int]]:
    return {repair.check: (repair.handling, repair.rows) for repair in history.repairs}


def test_a_plain_history_needs_no_repair(tmp_path: Path) -> None:
    history = load([make_file(tmp_path, make_line(), make_line(code="10002", price="0.35"))])
    assert history.repairs == []
    assert history.skus == ["10001", "10002"]
    assert history.unit_price.tolist() == [250, 35]
    assert history.quantity.tolist() == [2, 2]
    assert history.customers == ["17001"]
    assert kinds(history) == ["SALE", "SALE"]


def test_a_cancelled_sale_is_netted_against_the_latest_one_of_its_customer(tmp_path: Path) -> None:
    path = make_file(
        tmp_path,
        make_line("600001", quantity=6, date="2026-03-02 10:00:00"),
        make_line("600002", quantity=6, date="2026-03-03 10:00:00"),
        make_line("600003", quantity=6, date="2026-03-03 11:00:00", customer="17002"),
        make_line("C600004", quantity=-6, date="2026-03-04 10:00:00"),
    )
    history = load([path])
    assert kinds(history) == ["SALE", "NETTED", "SALE", "CANCELLATION"]
    assert history.partner.tolist() == [-1, 3, -1, 1]
    assert repairs(history) == {"netted_cancellations": ("repaired", 1)}
    assert demand_days(history).units.tolist() == [6, 6]


def test_a_cancellation_of_another_quantity_or_before_the_sale_is_a_return(tmp_path: Path) -> None:
    path = make_file(
        tmp_path,
        make_line("C600001", quantity=-6, date="2026-03-01 10:00:00"),
        make_line("600002", quantity=6, date="2026-03-02 10:00:00"),
        make_line("C600003", quantity=-2, date="2026-03-03 10:00:00"),
    )
    history = load([path])
    assert kinds(history) == ["RETURN", "SALE", "RETURN"]
    assert history.quantity.tolist() == [6, 6, 2]
    assert repairs(history) == {"unmatched_cancellations": ("kept", 2)}
    assert demand_days(history).units.tolist() == [6]


def test_guests_are_never_netted_against_one_another(tmp_path: Path) -> None:
    path = make_file(
        tmp_path,
        make_line("600001", quantity=6, customer=""),
        make_line("C600002", quantity=-6, customer="", date="2026-03-03 10:00:00"),
    )
    history = load([path])
    assert kinds(history) == ["SALE", "RETURN"]
    assert history.customer.tolist() == [-1, -1]
    assert repairs(history)["guests"] == ("kept", 2)


def test_write_offs_and_found_units_are_adjustments_and_no_demand(tmp_path: Path) -> None:
    path = make_file(
        tmp_path,
        make_line("600001"),
        make_line("600002", description="thrown away", quantity=-4, price="0", customer=""),
        make_line("600003", description="found", quantity=9, price="0.0", customer=""),
    )
    history = load([path])
    assert kinds(history) == ["SALE", "ADJUSTMENT", "ADJUSTMENT"]
    assert history.quantity.tolist() == [2, -4, 9]
    assert history.names == ["BLUE MUG"]
    found = repairs(history)
    assert found["write_offs"] == ("repaired", 1)
    assert found["found_stock"] == ("repaired", 1)
    assert demand_days(history).units.tolist() == [2]


def test_a_gift_to_a_customer_leaves_the_stock_without_being_demand(tmp_path: Path) -> None:
    history = load([make_file(tmp_path, make_line(), make_line(code="10002", price="0"))])
    assert kinds(history) == ["SALE", "FREE"]
    assert repairs(history) == {"free_lines": ("kept", 1)}


def test_postage_discounts_and_bad_debt_stay_out_of_the_catalogue(tmp_path: Path) -> None:
    path = make_file(
        tmp_path,
        make_line(),
        make_line(code="POST", description="POSTAGE", quantity=1, price="18.00"),
        make_line("C600002", code="D", description="Discount", quantity=-1, price="27.50"),
        make_line("A600003", code="B", quantity=1, price="-11062.06", customer=""),
    )
    history = load([path])
    assert history.skus == ["10001"]
    assert history.charges == ["B", "D", "POST"]
    assert kinds(history) == ["SALE", "CHARGE", "CHARGE", "CHARGE"]
    assert history.unit_price.tolist() == [250, 1800, -2750, -1106206]
    found = repairs(history)
    assert found["codes_that_are_no_product"] == ("dropped", 2)
    assert found["bad_debt"] == ("dropped", 1)


def test_lines_keyed_twice_are_kept_and_reported(tmp_path: Path) -> None:
    history = load([make_file(tmp_path, make_line(), make_line(), make_line(), make_line("2"))])
    assert repairs(history) == {"duplicate_lines": ("kept", 2)}
    assert [example.row for example in history.repairs[0].examples] == [3, 4]
    assert demand_days(history).units.tolist() == [8]


def test_one_code_in_two_cases_is_one_product_with_its_usual_name(tmp_path: Path) -> None:
    path = make_file(
        tmp_path,
        make_line(code="10001A", description="BLUE MUG"),
        make_line(code="10001a ", description="BLUE MUG"),
        make_line(code="10001A", description="wrongly marked"),
        make_line(code="10001A", description="wrongly marked"),
        make_line(code="10001A", description="wrongly marked"),
        make_line(code="10001A", description="", price="2.00"),
        make_line(code="10002b", description="only spelled so"),
    )
    history = load([path])
    assert history.skus == ["10001A", "10002B"]
    assert history.names == ["BLUE MUG", "only spelled so"]
    found = repairs(history)
    assert found["code_case"] == ("repaired", 1)
    assert found["several_descriptions"] == ("repaired", 3)
    assert found["empty_descriptions"] == ("repaired", 1)


def test_a_bulk_line_is_marked_against_what_its_product_usually_sells(tmp_path: Path) -> None:
    usual = [make_line(str(600000 + n), quantity=4) for n in range(5)]
    history = load([make_file(tmp_path, *usual, make_line("700000", quantity=5568))])
    assert history.is_bulk.tolist() == [False] * 5 + [True]
    assert repairs(history) == {"bulk_orders": ("kept", 1)}
    few = load([make_file(tmp_path, *usual[:3], make_line("700000", quantity=5568))])
    assert not few.is_bulk.any()


def test_an_invoice_has_the_moment_and_country_of_its_first_line(tmp_path: Path) -> None:
    path = make_file(
        tmp_path,
        make_line(date="2026-03-02 23:59:00"),
        make_line(code="10002", date="2026-03-03 00:00:00", country="Spain"),
    )
    history = load([path])
    assert len(set(history.placed_at.tolist())) == 1
    assert [history.countries[place] for place in history.country] == ["France", "France"]
    found = repairs(history)
    assert found["one_placed_at_per_order"] == ("repaired", 1)
    assert found["one_country_per_order"] == ("repaired", 1)


def test_lines_after_the_day_asked_for_cannot_repair_earlier_ones(tmp_path: Path) -> None:
    path = make_file(
        tmp_path,
        make_line("600001", quantity=6),
        make_line("C600002", quantity=-6, date="2026-03-09 10:00:00"),
    )
    day = int(np.datetime64("2026-03-09", "s").astype(np.int64))
    history = load([path], until=day)
    assert kinds(history) == ["SALE"]
    assert history.repairs == []


def test_the_order_of_the_rows_changes_nothing(tmp_path: Path) -> None:
    random_lines = random.Random(3)  # noqa: S311
    lines = [
        make_line(
            invoice,
            code=f"1000{n % 3}",
            quantity=-2 if invoice[0] == "C" else 2,
            date=f"2026-03-{1 + n:02} 10:00:00",
        )
        for n, invoice in enumerate(["600001", "600002", "C600003", "600004", "C600005", "C600006"])
    ]
    expected = demand_days(load([make_file(tmp_path, *lines)]))
    for _ in range(5):
        random_lines.shuffle(lines)
        shuffled = demand_days(load([make_file(tmp_path, *lines)]))
        assert shuffled.units.tolist() == expected.units.tolist()
        assert shuffled.day.tolist() == expected.day.tolist()


def test_the_second_edition_of_the_layout_reads_the_same(tmp_path: Path) -> None:
    header = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
    line = make_line(date="3/2/2026 10:00", customer="17001.0")
    new = load([make_file(tmp_path, line, header=header)])
    old = load([make_file(tmp_path, make_line())])
    assert new.placed_at.tolist() == old.placed_at.tolist()
    assert new.customers == old.customers == ["17001"]


def test_an_unreadable_row_refuses_the_load_with_its_number(tmp_path: Path) -> None:
    with pytest.raises(RefusedFileError, match="row 3: date '31/31/2011' is not a date"):
        load([make_file(tmp_path, make_line(), make_line(date="31/31/2011"))])
