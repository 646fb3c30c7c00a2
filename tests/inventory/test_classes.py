from datetime import timedelta

import pytest

from inventory.models import StockClass
from inventory.services.classes import classify_stock
from tests.factories import make_demand_day, make_sku
from tests.inventory.factories import LAST_DAY

pytestmark = pytest.mark.django_db


def test_skus_are_sorted_by_revenue_and_by_how_steadily_they_sell() -> None:
    steady, jumpy, small = make_sku(), make_sku(), make_sku()
    for week in range(26):
        day = LAST_DAY - timedelta(weeks=week)
        make_demand_day(sku=steady, day=day, units=10, unit_price_minor=400)
        if week % 13 == 0:
            make_demand_day(sku=jumpy, day=day, units=30, unit_price_minor=400)
    make_demand_day(sku=small, day=LAST_DAY, units=1, unit_price_minor=100)
    assert classify_stock(as_of=LAST_DAY).counts == {"AX": 1, "BZ": 1, "CZ": 1}
    row = StockClass.objects.get(sku=steady)
    assert (str(row), row.revenue_minor, row.variation) == ("AX", 104_000, 0.0)
    assert row.revenue_share == pytest.approx(104_000 / 128_100)
    # Two weeks of 30 in the 14 since the first; too few weeks of the small one to say.
    assert StockClass.objects.get(sku=jumpy).variation == pytest.approx(6**0.5, abs=1e-4)
    assert StockClass.objects.get(sku=small).variation is None


def test_twice_changes_nothing_and_what_stopped_selling_loses_its_class() -> None:
    sku = make_sku()
    make_demand_day(sku=sku, day=LAST_DAY, units=3, unit_price_minor=100)
    first = classify_stock(as_of=LAST_DAY)
    before = list(StockClass.objects.values())
    assert classify_stock(as_of=LAST_DAY) == first
    assert list(StockClass.objects.values()) == before
    assert classify_stock(as_of=LAST_DAY + timedelta(days=364)).counts == {}
    assert not StockClass.objects.exists()


def test_demand_without_a_price_earns_nothing() -> None:
    make_demand_day(sku=make_sku(), day=LAST_DAY, units=3, unit_price_minor=None)
    assert classify_stock(as_of=LAST_DAY).counts == {"CZ": 1}
