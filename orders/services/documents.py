"""Invoices and credit notes as PDF: A4, in the language of their customer."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from catalog.money import format_money
from orders.models import Invoice
from orders.services.payments.registry import provider_title
from outbox.services.paper import ACCENT, HEIGHT, MARGIN, QUIET, WIDTH, open_paper


def render_pdf(invoice: Invoice) -> bytes:
    """The document as it was issued; the same bytes' worth whenever it is asked for."""
    with translation.override(invoice.language):
        return _Sheet(invoice).draw()


class _Sheet:
    """Draws one document. First every text is collected, for the font holds only its signs."""

    def __init__(self, invoice: Invoice) -> None:
        self.invoice = invoice
        self.contents: Mapping[str, Any] = invoice.contents
        self.is_credit = invoice.kind == Invoice.Kind.CREDIT_NOTE

    def draw(self) -> bytes:
        title = str(self.invoice.get_kind_display()).capitalize()
        facts, table, sums = self._facts(), self._table(), self._sums()
        seller, buyer = self._seller(), self._buyer()
        notes = self._notes()
        texts = [title, *seller, *buyer, *notes, *_flat(facts), *_flat(table), *_flat(sums)]
        texts += [_("Bill to"), self.contents["seller"]["name"], self.invoice.number]
        with open_paper(texts=texts, footer=self._footer()) as self.pdf:
            self._write(title, seller, buyer, facts, table, sums, notes)
            return bytes(self.pdf.output())

    def _write(
        self,
        title: str,
        seller: Sequence[str],
        buyer: Sequence[str],
        facts: Sequence[tuple[str, str]],
        table: Sequence[tuple[str, str, str, str, str]],
        sums: Sequence[tuple[str, str]],
        notes: Sequence[str],
    ) -> None:
        self.pdf.set_title(f"{title} {self.invoice.number}")
        self.pdf.set_author(self.contents["seller"]["name"])
        self.pdf.set_lang(self.invoice.language)
        self.pdf.set_creation_date(self.invoice.issued_at)
        self.pdf.add_page()
        self._head(title, seller)
        self._parties(buyer, facts)
        self._lines(table)
        self._totals(sums)
        for note in notes:
            self.pdf.write_line(note, size=9, colour=QUIET)

    def _money(self, amount_minor: int) -> str:
        return format_money(amount_minor, self.invoice.currency)

    def _seller(self) -> list[str]:
        seller = self.contents["seller"]
        number = seller.get("tax_number", "")
        return [
            *seller.get("address", []),
            *([f"{_('Tax number')}: {number}"] if number else []),
            *filter(None, [seller.get("email"), seller.get("phone")]),
        ]

    def _buyer(self) -> list[str]:
        buyer = self.contents["buyer"]
        return [*buyer.get("address", []), *filter(None, [buyer.get("email")])]

    def _facts(self) -> list[tuple[str, str]]:
        contents = self.contents
        facts = [
            (_("Document number"), self.invoice.number),
            (_("Issued on"), _day(self.invoice.issued_at.date().isoformat())),
            (_("Order number"), contents["order"]),
            (_("Ordered on"), _day(contents["ordered_on"])),
        ]
        if self.is_credit:
            facts.append((_("For invoice"), contents["invoice"]))
        else:
            facts.append((_("Supplied on"), _day(contents["supplied_on"])))
        if contents.get("payment"):
            facts.append((_("Payment"), provider_title(contents["payment"])))
        return facts

    def _table(self) -> list[tuple[str, str, str, str, str]]:
        rows = [
            (
                f"{line['name']}\n{line['code']}",
                str(line["units"]),
                self._money(line["unit_price_minor"]),
                _percent(line["tax_basis_points"]) if line["tax_basis_points"] else "",
                self._money(line["amount_minor"]),
            )
            for line in self.contents["lines"]
        ]
        return [(_("Product"), _("Units"), _("Unit price"), _("Tax rate"), _("Amount")), *rows]

    def _sums(self) -> list[tuple[str, str]]:
        contents = self.contents
        if self.is_credit:
            sums = [
                (_("Delivery"), contents["shipping_minor"]),
                (_("Other reductions"), contents["other_minor"]),
            ]
            shown = [(name, self._money(amount)) for name, amount in sums if amount]
            shown.append((_("Paid back"), self._money(self.invoice.total_minor)))
        else:
            name = contents.get("shipping") or ""
            delivery = f"{_('Delivery')} ({name})" if name else _("Delivery")
            off = sum(line["discount_minor"] for line in contents["lines"])
            shown = [(_("Items"), self._money(contents["goods_minor"]))]
            if contents["discount_minor"]:
                codes = ", ".join(one["code"] or one["name"] for one in contents["discounts"])
                label = f"{_('Discount')} ({codes})" if codes else _("Discount")
                shown.append((label, self._money(-contents["discount_minor"])))
                if off:
                    shown[0] = (_("Items before discount"), shown[0][1])
            shown.append((delivery, self._money(contents["shipping_minor"])))
            if contents["tax_minor"]:
                shown.append((_("Tax"), self._money(contents["tax_minor"])))
            shown.append((_("Total"), self._money(self.invoice.total_minor)))
        return shown

    def _notes(self) -> list[str]:
        notes = [
            _("%(name)s %(rate)s on %(base)s: %(amount)s")
            % {
                "name": tax["name"],
                "rate": _percent(tax["basis_points"]),
                "base": self._money(tax["base_minor"]),
                "amount": self._money(tax["amount_minor"]),
            }
            for tax in self.contents.get("taxes", [])
        ]
        included = self.contents.get("tax_included_minor", 0)
        if included and not notes:
            notes.append(_("%(amount)s of the total is tax.") % {"amount": self._money(included)})
        if self.contents.get("reason"):
            notes.append(f"{_('Reason')}: {self.contents['reason']}")
        if self.contents.get("is_paid"):
            notes.append(_("The amount has been paid. Thank you!"))
        return notes

    def _footer(self) -> str:
        seller = self.contents["seller"]
        return " · ".join(filter(None, [seller["name"], seller.get("email"), self.invoice.number]))

    def _head(self, title: str, seller: Sequence[str]) -> None:
        pdf = self.pdf
        pdf.write_line(self.contents["seller"]["name"], size=15, is_bold=True, colour=ACCENT)
        for line in seller:
            pdf.write_line(line, size=9, colour=QUIET)
        pdf.ln(7)
        pdf.write_line(title, size=22, is_bold=True)
        pdf.ln(3)

    def _parties(self, buyer: Sequence[str], facts: Sequence[tuple[str, str]]) -> None:
        pdf, top = self.pdf, self.pdf.get_y()
        pdf.write_line(_("Bill to"), size=9, colour=QUIET, width=80)
        for line in buyer:
            pdf.write_line(line, size=10, width=80)
        left = pdf.get_y()
        pdf.set_y(top)
        for name, value in facts:
            pdf.set_x(MARGIN + 92)
            pdf.write_cell(name, width=32, size=9, colour=QUIET)
            pdf.write_cell(value, width=WIDTH - 124, size=10, is_last=True)
        pdf.set_y(max(left, pdf.get_y()) + 8)

    def _lines(self, table: Sequence[tuple[str, str, str, str, str]]) -> None:
        head, *rows = table
        if not rows:
            return
        pdf = self.pdf
        widths = (78, 16, 30, 20, WIDTH - 144)
        pdf.table_row(head, widths, size=9, colour=QUIET)
        for row in rows:
            if pdf.get_y() > HEIGHT - 42:
                pdf.add_page()
                pdf.table_row(head, widths, size=9, colour=QUIET)
            pdf.table_row(row, widths, size=10)
        pdf.ln(4)

    def _totals(self, sums: Sequence[tuple[str, str]]) -> None:
        pdf = self.pdf
        if pdf.get_y() > HEIGHT - 40 - 7 * len(sums):
            pdf.add_page()
        for place, (name, amount) in enumerate(sums, start=1):
            is_last = place == len(sums)
            pdf.set_x(MARGIN + 62)
            pdf.write_cell(name, width=WIDTH - 102, size=12 if is_last else 10, is_bold=is_last)
            pdf.write_cell(
                amount,
                width=40,
                size=12 if is_last else 10,
                is_bold=is_last,
                align="R",
                is_last=True,
            )
        pdf.ln(6)


def _flat(rows: Sequence[Sequence[str]]) -> list[str]:
    return [cell for row in rows for cell in row]


def _day(text: str) -> str:
    return date_format(date.fromisoformat(text), "DATE_FORMAT")


def _percent(basis_points: int) -> str:
    return f"{basis_points / 100:g} %"
