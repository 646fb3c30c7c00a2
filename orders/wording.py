"""What the codes of imports are called: stages, what was mended, what was written."""

from django.utils.translation import gettext_lazy as _

from learning.wording import name_codes

name_codes(
    {
        # stages
        "reading": _("reading the file"),
        "cleaning": _("mending faults"),
        "writing": _("writing to the shop"),
        # what was mended
        "duplicate_lines": _("lines that repeat another"),
        "code_case": _("codes in upper and lower case"),
        "netted_cancellations": _("sales cancelled whole"),
        "unmatched_cancellations": _("cancellations without such a sale"),
        "write_offs": _("units thrown away or lost"),
        "found_stock": _("units found"),
        "free_lines": _("products given away"),
        "bad_debt": _("adjustments of bad debt"),
        "codes_that_are_no_product": _("codes that are no product"),
        "guests": _("lines of guests"),
        "price_fractions": _("prices with fractions of a coin"),
        "bulk_orders": _("bulk orders"),
        "empty_descriptions": _("lines without a description"),
        "several_descriptions": _("several descriptions of a code"),
        "one_placed_at_per_order": _("invoices with several moments"),
        "one_customer_per_order": _("invoices of several customers"),
        "one_country_per_order": _("invoices of several countries"),
        # how
        "kept": _("kept"),
        "repaired": _("repaired"),
        "dropped": _("dropped"),
        # what was written
        "orders": _("orders"),
        "order_lines": _("order lines"),
        "returns": _("returns"),
        "adjustments": _("adjustments of stock"),
        "late_cancellations": _("later cancellations of earlier orders"),
        "products": _("products"),
        "customers": _("customers"),
        "movements": _("movements of stock"),
        "demand_days": _("demand days"),
    }
)
