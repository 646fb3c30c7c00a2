"""Purchase orders as PDF and CSV, in the language of their supplier and with his own codes."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from catalog.money import format_money, plain_amount
from inventory.models import PurchaseOrder, PurchaseOrderLine, Supplier
from learning.algorithms.spreadsheets import plain_cell
from outbox.services.emails import supported_language
from outbox.services.paper import ACCENT, HEIGHT, MARGIN, QUIET, WIDTH, open_paper

if TYPE_CHECKING:
    from outbox.services.paper_writer import Paper

COLUMNS: Final = (
    "supplier_code",
    "shop_code",
    "product",
    "units",
    "unit_price",
    "amount",
    "currency",
    "purchase_order",
    "expected_on",
)
# A line takes at most so much of a page: six lines of text.
_ROOM_OF_A_LINE: Final = 62


@dataclass(frozen=True, slots=True)
class Papers:
    """What a supplier gets. stem: of the names of the files."""

    stem: str
    pdf: bytes
    csv: bytes


@dataclass(frozen=True, slots=True)
class _Row:
    supplier_code: str
    code: str
    name: str
    units: int
    unit_cost_minor: int

    @property
    def amount_minor(self) -> int:
        return self.units * self.unit_cost_minor


def language_of(supplier: Supplier) -> str:
    return supported_language(supplier.language)


def draw_papers(order: PurchaseOrder, *, expected_on: date | None = None) -> Papers:
    """The order as it stands. expected_on: where the order is not sent and has no day yet."""
    expected_on = order.expected_on or expected_on
    with translation.override(language_of(order.supplier)):
        rows = _rows(order)
        return Papers(
            stem=order.number,
            pdf=_Sheet(order, rows, expected_on).draw(),
            csv=_write_csv(order, rows, expected_on),
        )


def _rows(order: PurchaseOrder) -> list[_Row]:
    lines: Sequence[PurchaseOrderLine] = list(
        order.lines.wanted()
        .filter(quantity__gt=0)
        .select_related("sku__product", "offer")
        .order_by("sku__code")
    )
    return [
        _Row(
            supplier_code="" if line.offer is None else line.offer.supplier_code,
            code=line.sku.code,
            name=" · ".join(filter(None, [str(line.sku.product.name), str(line.sku.name)])),
            units=line.quantity,
            unit_cost_minor=line.unit_cost_minor,
        )
        for line in lines
    ]


def _write_csv(order: PurchaseOrder, rows: Sequence[_Row], expected_on: date | None) -> bytes:
    """Column names are the same in every language: programs of suppliers read them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        cells = (
            row.supplier_code,
            row.code,
            row.name,
            row.units,
            plain_amount(row.unit_cost_minor, order.currency),
            plain_amount(row.amount_minor, order.currency),
            order.currency,
            order.number,
            "" if expected_on is None else expected_on.isoformat(),
        )
        writer.writerow([plain_cell(cell) for cell in cells])
    # Without the mark Excel takes Chinese for something else.
    return out.getvalue().encode("utf-8-sig")


class _Sheet:
    """One purchase order on A4; every text is collected first, for the font holds only those."""

    def __init__(
        self, order: PurchaseOrder, rows: Sequence[_Row], expected_on: date | None
    ) -> None:
        self.order = order
        self.rows = rows
        self.expected_on = expected_on

    def draw(self) -> bytes:
        title, buyer, facts, table = (
            _("Purchase order"),
            self._buyer(),
            self._facts(),
            self._table(),
        )
        supplier, delivery = self._supplier(), self._delivery()
        notes = [_("Please confirm this order with your own number and the day you deliver.")]
        total = [(_("Total"), self._money(sum(row.amount_minor for row in self.rows)))]
        headings = [_("Supplier"), _("Deliver to"), settings.SELLER_NAME]
        texts = [title, *buyer, *supplier, *delivery, *notes, *headings]
        texts += [cell for row in (*facts, *table, *total) for cell in row]
        with open_paper(texts=texts, footer=self._footer()) as paper:
            paper.set_title(f"{title} {self.order.number}")
            paper.set_author(settings.SELLER_NAME)
            paper.set_lang(translation.get_language() or "")
            paper.set_creation_date(self.order.approved_at or timezone.now())
            paper.add_page()
            _draw_head(paper, title, buyer)
            _draw_parties(paper, (headings[0], supplier), (headings[1], delivery), facts)
            _draw_lines(paper, table)
            _draw_total(paper, total[0])
            for note in notes:
                paper.write_line(note, size=9, colour=QUIET)
            return bytes(paper.output())

    def _money(self, amount_minor: int) -> str:
        return format_money(amount_minor, self.order.currency)

    def _buyer(self) -> list[str]:
        number = settings.SELLER_TAX_NUMBER
        return [
            *_shop_address(),
            *([_("Tax number: %(number)s") % {"number": number}] if number else []),
            *filter(None, [settings.SELLER_EMAIL, settings.SELLER_PHONE]),
        ]

    def _supplier(self) -> list[str]:
        return [
            *filter(None, [self.order.supplier.name, self.order.supplier.email]),
        ]

    def _delivery(self) -> list[str]:
        warehouse = self.order.warehouse
        address = [line.strip() for line in warehouse.address.splitlines() if line.strip()]
        return [warehouse.name, *(address or _shop_address())]

    def _facts(self) -> list[tuple[str, str]]:
        ordered_on = timezone.localdate(self.order.sent_at or timezone.now())
        facts = [
            (_("Purchase order number"), self.order.number),
            (_("Ordered on"), date_format(ordered_on, "DATE_FORMAT")),
        ]
        if self.expected_on is not None:
            facts.append((_("Expected on"), date_format(self.expected_on, "DATE_FORMAT")))
        if self.order.supplier_reference:
            facts.append((_("Your reference"), self.order.supplier_reference))
        return facts

    def _table(self) -> list[tuple[str, str, str, str]]:
        rows = [
            (
                _described(row),
                number_format(row.units, force_grouping=True),
                self._money(row.unit_cost_minor),
                self._money(row.amount_minor),
            )
            for row in self.rows
        ]
        return [(_("Product"), _("Units"), _("Unit price"), _("Amount")), *rows]

    def _footer(self) -> str:
        parts = [settings.SELLER_NAME, settings.SELLER_EMAIL, self.order.number]
        return " · ".join(filter(None, parts))


def _described(row: _Row) -> str:
    """The supplier's own code first: it is what is picked by."""
    ours = _("Our code: %(code)s") % {"code": row.code}
    if not row.supplier_code:
        return f"{row.name}\n{ours}"
    theirs = _("Your code: %(code)s") % {"code": row.supplier_code}
    return f"{theirs}\n{row.name}\n{ours}"


def _shop_address() -> list[str]:
    return [part.strip() for part in settings.SELLER_ADDRESS.split("|") if part.strip()]


def _draw_head(paper: "Paper", title: str, buyer: Sequence[str]) -> None:
    paper.write_line(settings.SELLER_NAME, size=15, is_bold=True, colour=ACCENT)
    for line in buyer:
        paper.write_line(line, size=9, colour=QUIET)
    paper.ln(7)
    paper.write_line(title, size=22, is_bold=True)
    paper.ln(3)


def _draw_parties(
    paper: "Paper",
    supplier: tuple[str, Sequence[str]],
    delivery: tuple[str, Sequence[str]],
    facts: Sequence[tuple[str, str]],
) -> None:
    top = paper.get_y()
    for heading, lines in (supplier, delivery):
        paper.write_line(heading, size=9, colour=QUIET, width=80)
        for line in lines:
            paper.write_line(line, size=10, width=80)
        paper.ln(3)
    left = paper.get_y()
    paper.set_y(top)
    for name, value in facts:
        paper.set_x(MARGIN + 92)
        paper.write_cell(name, width=32, size=9, colour=QUIET)
        paper.write_cell(value, width=WIDTH - 124, size=10, is_last=True)
    paper.set_y(max(left, paper.get_y()) + 5)


def _draw_lines(paper: "Paper", table: Sequence[tuple[str, str, str, str]]) -> None:
    head, *rows = table
    widths = (86, 22, 30, WIDTH - 138)
    paper.table_row(head, widths, size=9, colour=QUIET)
    for row in rows:
        if paper.get_y() > HEIGHT - _ROOM_OF_A_LINE:
            paper.add_page()
            paper.table_row(head, widths, size=9, colour=QUIET)
        paper.table_row(row, widths, size=10)
    paper.ln(4)


def _draw_total(paper: "Paper", total: tuple[str, str]) -> None:
    if paper.get_y() > HEIGHT - 60:
        paper.add_page()
    paper.set_x(MARGIN + 62)
    paper.write_cell(total[0], width=WIDTH - 112, size=12, is_bold=True)
    paper.write_cell(total[1], width=50, size=12, is_bold=True, align="R", is_last=True)
    paper.ln(6)
