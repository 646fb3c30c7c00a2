import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.db.models import F, Sum
from django.utils import timezone

from catalog.models import Product, Sku
from customers.models import User
from inventory.models import DemandDay, StockLevel, StockMovement
from learning.claims import claimant
from learning.models import Anomaly
from orders.errors import ImportRunningError
from orders.models import Order, OrderImport, OrderLine, ReturnLine, ReturnRequest
from orders.services.exports import export_orders
from orders.services.imports import (
    ImportReport,
    give_up_lost,
    import_orders,
    run_import,
    sweep_imports,
)
from tests.factories import make_order, make_sku, make_stock_level, make_user
from tests.orders.algorithms.retail_files import make_file, make_line

pytestmark = pytest.mark.django_db
TABLES = (
    Order,
    OrderLine,
    ReturnRequest,
    ReturnLine,
    Product,
    Sku,
    User,
    StockLevel,
    StockMovement,
    DemandDay,
    Anomaly,
)


def bring_in(
    path: Path, *, until: date | None = None, layout: str = "online-retail"
) -> ImportReport:
    return import_orders([path], layout=layout, until=until)


def everything() -> dict[str, list[tuple[object, ...]]]:
    """All rows that an import may touch."""
    return {model.__name__: sorted(model.objects.values_list(), key=repr) for model in TABLES}


def history_rows() -> str:
    stream = io.StringIO(newline="")
    export_orders(stream)
    return stream.getvalue()


def a_history(folder: Path, **options: object) -> Path:
    return make_file(
        folder,
        make_line("600001", "10001", "BLUE MUG", 6, "2026-03-02 23:30:00"),
        make_line("600001", "10002", "RED MUG", 4, "2026-03-02 23:30:00", "1.25"),
        make_line("600001", "POST", "POSTAGE", 1, "2026-03-02 23:30:00", "18.00"),
        make_line("600002", "10001", "BLUE MUG", 3, "2026-03-03 09:00:00", customer=""),
        make_line("600003", "10001", "BLUE MUG", 500, "2026-03-03 10:00:00", customer="17002"),
        make_line("C600004", "10001", "BLUE MUG", -500, "2026-03-03 10:16:00", customer="17002"),
        make_line("C600005", "10002", "RED MUG", -1, "2026-03-04 12:00:00", "1.25"),
        make_line("600006", "10002", "smashed", -2, "2026-03-05 12:00:00", "0", ""),
        make_line("600007", "10002", "RED MUG", 2, "2026-03-06 12:00:00", "1.45", "17002"),
        **options,  # type: ignore[arg-type]  # passed through
    )


def test_a_history_becomes_orders_customers_products_stock_and_demand(tmp_path: Path) -> None:
    report = bring_in(a_history(tmp_path))
    assert report.status == OrderImport.Status.DONE
    assert report.counts == {
        "orders": 4,
        "order_lines": 5,
        "returns": 1,
        "adjustments": 1,
        "late_cancellations": 0,
        "products": 2,
        "customers": 2,
        "movements": 8,
        "demand_days": 4,
    }
    first = Order.objects.get(number="600001")
    assert first.customer == User.objects.get(external_reference="17001")
    assert not first.customer.has_usable_password()
    assert (first.goods_minor, first.shipping_minor, first.total_minor) == (2000, 1800, 3800)
    assert (first.status, first.currency, first.country) == ("completed", "GBP", "France")
    assert [line.position for line in first.lines.all()] == [1, 2]
    assert Order.objects.get(number="600002").customer is None
    assert Sku.objects.get(code="10002").price_minor == 145
    assert Product.objects.filter(code="10001", name_zh_hans="BLUE MUG").exists()


def test_moments_are_those_of_the_shops_own_clock(tmp_path: Path) -> None:
    bring_in(a_history(tmp_path))
    order = Order.objects.get(number="600001")
    local = timezone.localtime(order.placed_at, timezone.get_default_timezone())
    assert local.strftime("%Y-%m-%d %H:%M") == "2026-03-02 23:30"
    assert order.placed_at != datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert DemandDay.objects.filter(day=date(2026, 3, 2)).count() == 2


def test_an_order_cancelled_whole_is_neither_demand_nor_movement(tmp_path: Path) -> None:
    bring_in(a_history(tmp_path))
    order = Order.objects.get(number="600003")
    assert (order.status, order.lines.get().quantity_cancelled) == ("cancelled", 500)
    assert order.cancelled_at is not None
    assert not Order.objects.filter(number__startswith="C").exists()
    mugs = Sku.objects.get(code="10001")
    assert DemandDay.objects.filter(sku=mugs).aggregate(u=Sum("units_requested"))["u"] == 9
    assert not StockMovement.objects.filter(quantity__in=(500, -500)).exists()


def test_units_brought_back_are_a_return_of_the_line_they_were_sold_in(tmp_path: Path) -> None:
    bring_in(a_history(tmp_path))
    line = OrderLine.objects.get(order__number="600001", sku_code="10002")
    assert line.quantity_returned == 1
    returned = ReturnLine.objects.get()
    assert (returned.line, returned.quantity) == (line, 1)
    day = DemandDay.objects.get(sku=line.sku, day=date(2026, 3, 2))
    assert (day.units_requested, day.units_returned) == (4, 1)
    assert StockMovement.objects.get(kind="return").reference == "C600005"


def test_the_ledger_never_falls_below_zero_and_sums_to_the_level(tmp_path: Path) -> None:
    bring_in(a_history(tmp_path))
    for level in StockLevel.objects.all():
        running = 0
        moves = StockMovement.objects.filter(sku=level.sku).order_by("occurred_at", "pk")
        for movement in moves:
            running += movement.quantity
            assert running >= 0
        assert running == level.on_hand
    assert StockLevel.objects.get(sku__code="10001").on_hand == 0
    smashed = StockMovement.objects.get(kind="adjustment", quantity=-2)
    assert smashed.reference == "600006"


def test_each_kind_of_repair_is_an_anomaly_with_count_and_examples(tmp_path: Path) -> None:
    report = bring_in(a_history(tmp_path))
    stored = {row.check_name: row for row in Anomaly.objects.all()}
    assert {check: (row.handling, row.rows) for check, row in stored.items()} == {
        "netted_cancellations": ("repaired", 1),
        "unmatched_cancellations": ("kept", 1),
        "write_offs": ("repaired", 1),
        "codes_that_are_no_product": ("dropped", 1),
        "guests": ("kept", 1),
        "several_descriptions": ("repaired", 1),
    }
    assert stored["write_offs"].examples == [
        {"row": 9, "order": "600006", "sku": "10002", "quantity": -2, "note": "smashed"}
        | {"file": "orders.csv"}
    ]
    assert OrderImport.objects.get().repairs == report.repairs


def test_importing_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    path = a_history(tmp_path)
    bring_in(path)
    before = everything()
    again = bring_in(path)
    assert "nothing was changed" in again.message
    assert everything() == before


def test_importing_the_same_orders_from_another_file_changes_nothing(tmp_path: Path) -> None:
    bring_in(a_history(tmp_path))
    orders = {k: v for k, v in everything().items() if k != "Anomaly"}
    again = bring_in(a_history(tmp_path, name="packed.csv.gz", packed=True))
    assert again.message == "Everything in the file was here already."
    assert set(again.counts.values()) == {0}
    assert {k: v for k, v in everything().items() if k != "Anomaly"} == orders


def test_a_longer_file_adds_only_what_is_new(tmp_path: Path) -> None:
    path = a_history(tmp_path)
    early = bring_in(path, until=date(2026, 3, 2))
    assert early.counts["orders"] == 1
    assert not OrderLine.objects.filter(quantity_returned__gt=0).exists()
    late = bring_in(path)
    assert (late.counts["orders"], late.counts["returns"], late.counts["products"]) == (3, 1, 0)
    in_two_steps = history_rows()
    assert OrderLine.objects.get(order__number="600001", sku_code="10002").quantity_returned == 1
    assert DemandDay.objects.filter(sku__code="10001").count() == 2
    for level in StockLevel.objects.all():
        moved = StockMovement.objects.filter(sku=level.sku).aggregate(u=Sum("quantity"))["u"]
        assert moved == level.on_hand
    assert "600003,2026-03-03 10:00:00,10001,500,2.50,cancelled" in in_two_steps


def test_a_cancellation_that_comes_with_a_later_file_takes_its_demand_back(tmp_path: Path) -> None:
    path = make_file(
        tmp_path,
        make_line("600001", quantity=500),
        make_line("600002", quantity=3, customer="17002"),
        make_line("C600003", quantity=-500, date="2026-03-09 10:00:00"),
    )
    bring_in(path, until=date(2026, 3, 8))
    assert DemandDay.objects.get().units_requested == 503
    late = bring_in(path)
    assert late.counts["late_cancellations"] == 1
    assert DemandDay.objects.get().units_requested == 3
    assert Order.objects.get(number="600001").status == "cancelled"
    assert StockLevel.objects.get().on_hand == 500
    assert Product.objects.get().has_stock
    third = bring_in(make_file(tmp_path, *path.read_text().splitlines()[1:], "", name="b.csv"))
    assert set(third.counts.values()) == {0}


def test_what_the_shop_already_has_stays_as_it_is(tmp_path: Path) -> None:
    sku = make_sku(code="10001", price_minor=999)
    account = make_user(external_reference="17001", country="China")
    own = make_order(number="600002", lines={sku: 1})
    bring_in(a_history(tmp_path))
    sku.refresh_from_db()
    assert (sku.price_minor, sku.product.name) == (999, Product.objects.get(pk=sku.product_id).name)
    assert Order.objects.get(number="600001").customer == account
    own.refresh_from_db()
    assert (own.imported_by, own.lines.get().quantity) == (None, 1)


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"date": "31/31/2011"}, "date '31/31/2011' is not a date"),
        ({"quantity": "many"}, "quantity 'many' is not a whole number"),
        ({"price": "2;50"}, "price '2;50' is not an amount"),
    ],
)
def test_one_bad_row_and_nothing_comes_in(
    tmp_path: Path, fault: dict[str, str], message: str
) -> None:
    before = everything()
    report = bring_in(make_file(tmp_path, make_line(), make_line("600002", **fault)))
    assert report.status == OrderImport.Status.REFUSED
    assert report.message == "1 row cannot be read; nothing was imported."
    assert report.problems == [{"file": "orders.csv", "row": 3, "problem": message}]
    assert everything() == before
    assert OrderImport.objects.get().problems == report.problems


def test_a_refused_file_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    before = everything()
    report = bring_in(make_file(tmp_path, "1,2", header="InvoiceNo,Quantity"))
    assert report.status == OrderImport.Status.REFUSED
    assert report.message.startswith("orders.csv has no column StockCode, Description")
    assert everything() == before
    missing = bring_in(tmp_path / "nowhere.csv")
    assert "No such file" in missing.message


def test_an_import_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    # A stranger has the name that the import would give; its products are written by then.
    make_user(username="past-17002")
    before = everything()
    with pytest.raises(IntegrityError):
        bring_in(a_history(tmp_path))
    assert everything() == before
    job = OrderImport.objects.get()
    assert (job.status, job.counts) == ("failed", {})
    assert job.message.startswith("Nothing was imported: IntegrityError")


def test_past_sales_do_not_touch_what_is_set_aside_today(tmp_path: Path) -> None:
    sku = make_sku(code="10001")
    make_stock_level(sku=sku, on_hand=5, reserved=4)
    bring_in(a_history(tmp_path))
    level = StockLevel.objects.get(sku=sku)
    assert (level.on_hand, level.reserved) == (4, 4)


def test_a_dry_run_reports_the_same_and_writes_nothing(tmp_path: Path) -> None:
    path = a_history(tmp_path)
    before = everything()
    dry = import_orders([path], layout="online-retail", is_dry_run=True)
    assert everything() == before
    assert not OrderImport.objects.exists()
    wet = bring_in(path)
    assert dry.repairs == wet.repairs
    assert dry.counts.items() <= wet.counts.items()


def test_only_one_import_runs_and_one_whose_process_died_gives_way(tmp_path: Path) -> None:
    path = a_history(tmp_path)
    running = OrderImport.objects.create(
        layout="shop",
        status="running",
        heartbeat_at=timezone.now(),
        host="elsewhere",
        process_id=1,
    )
    with pytest.raises(ImportRunningError, match=f"#{running.pk} is still running"):
        bring_in(path)
    assert not Order.objects.exists()
    assert OrderImport.objects.count() == 1
    OrderImport.objects.update(heartbeat_at=F("heartbeat_at") - timedelta(hours=1))
    assert bring_in(path).status == "done"
    running.refresh_from_db()
    assert running.status == "failed"


def test_a_lost_upload_is_tried_again_but_not_for_ever(tmp_path: Path) -> None:
    job = OrderImport.objects.create(
        layout="online-retail", status="running", attempts=1, file="imports/x.csv"
    )
    assert give_up_lost() == 1
    job.refresh_from_db()
    assert job.status == "waiting"
    OrderImport.objects.update(status="running", attempts=3)
    give_up_lost()
    job.refresh_from_db()
    assert job.status == "failed"
    assert job.message == "The process that ran it died; nothing was imported."


def test_a_doubled_message_leaves_the_import_to_the_process_that_runs_it(tmp_path: Path) -> None:
    job = OrderImport.objects.create(
        layout="online-retail",
        file=SimpleUploadedFile("history.csv", a_history(tmp_path).read_bytes()),
        status="running",
        attempts=1,
        heartbeat_at=timezone.now(),
        **claimant(),
    )
    run_import(job=job)
    job.refresh_from_db()
    assert (job.status, job.attempts, job.rows_done) == ("running", 1, 0)
    assert not Order.objects.exists()


def test_an_import_by_command_that_dies_early_is_no_upload_that_waits(tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    def kill_at_the_first_update(
        execute: Callable[..., object], sql: str, *arguments: object
    ) -> object:
        if sql.startswith("UPDATE"):
            raise Killed
        return execute(sql, *arguments)

    path = a_history(tmp_path)
    with pytest.raises(Killed), connection.execute_wrapper(kill_at_the_first_update):
        bring_in(path)
    assert OrderImport.objects.get().status == OrderImport.Status.RUNNING
    OrderImport.objects.update(process_id=2**22 + 1)
    assert sweep_imports() == []
    assert OrderImport.objects.get().status == OrderImport.Status.FAILED


def test_a_job_that_waits_without_a_file_fails_and_is_over() -> None:
    job = OrderImport.objects.create(layout="online-retail")
    with pytest.raises(ValueError, match="no file"):
        run_import(job=job)
    job.refresh_from_db()
    assert job.status == OrderImport.Status.FAILED
    assert job.message.startswith("Nothing was imported: ValueError")


def test_what_is_exported_imports_to_the_same(tmp_path: Path) -> None:
    bring_in(a_history(tmp_path))
    written = history_rows()
    assert len(written.splitlines()) == 9
    path = tmp_path / "export.csv"
    path.write_bytes(written.encode())
    same_shop = everything()
    again = bring_in(path, layout="shop")
    assert set(again.counts.values()) == {0}
    assert everything() == same_shop
    days = list(DemandDay.objects.order_by("sku__code", "day").values_list("units_requested"))
    for model in (
        *(ReturnLine, ReturnRequest, OrderLine, Order, OrderImport, DemandDay),
        *(StockMovement, StockLevel, Sku, Product, User, Anomaly),
    ):
        model.objects.all().delete()
    bring_in(path, layout="shop")
    assert history_rows() == written
    again_days = DemandDay.objects.order_by("sku__code", "day").values_list("units_requested")
    assert list(again_days) == days


def test_orders_still_open_are_no_history(tmp_path: Path) -> None:
    sku = make_sku()
    make_order(lines={sku: 2}, status="paid")
    make_order(lines={sku: 1}, status="completed", number="DONE-1")
    rows = history_rows().splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == ["DONE-1"]
