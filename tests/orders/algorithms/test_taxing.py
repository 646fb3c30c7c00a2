from orders.algorithms.taxing import Rate, RateSum, tax_amounts

VAT, REDUCED = Rate("VAT", 1300), Rate("VAT, reduced", 900)


def test_a_tax_in_the_price_is_its_part_of_it() -> None:
    taxes = tax_amounts([11_300], [VAT], is_included=True)
    assert taxes.sums == (RateSum(VAT, base=10_000, tax=1_300),)


def test_a_tax_on_top_is_added_to_the_price() -> None:
    taxes = tax_amounts([10_000], [VAT], is_included=False)
    assert taxes.sums == (RateSum(VAT, base=10_000, tax=1_300),)


def test_each_rate_is_rounded_once_and_then_shared_out() -> None:
    # Three times 0.115 would be rounded to 0.12 each, 0.36 in all; together they are 0.345.
    taxes = tax_amounts([100, 100, 100], [VAT] * 3, is_included=True)
    assert (taxes.tax, taxes.parts) == (35, (12, 12, 11))


def test_rates_are_named_apart_the_highest_first() -> None:
    taxes = tax_amounts([109, 113, 500], [REDUCED, VAT, None], is_included=True)
    assert taxes.sums == (RateSum(VAT, 100, 13), RateSum(REDUCED, 100, 9))
    assert taxes.parts == (9, 13, 0)


def test_without_a_rate_or_at_none_nothing_is_due() -> None:
    taxes = tax_amounts([500, 700], [None, Rate("VAT", 0)], is_included=False)
    assert (taxes.parts, taxes.sums) == ((0, 0), ())


def test_half_a_unit_is_rounded_up() -> None:
    assert tax_amounts([50], [Rate("VAT", 1000)], is_included=False).tax == 5
    assert tax_amounts([45], [Rate("VAT", 1000)], is_included=False).tax == 5
    assert tax_amounts([44], [Rate("VAT", 1000)], is_included=False).tax == 4
