"""Which price before a reduction may be shown."""

from datetime import UTC, datetime, timedelta

import pytest

from catalog.models import Sku
from catalog.services import summaries
from catalog.services.strike_prices import PricePeriod, shown_price_before
from tests.factories import make_product, make_sku

START = datetime(2026, 3, 1, tzinfo=UTC)


def periods(*steps: tuple[int, int | None]) -> list[PricePeriod]:
    """Days since the start and the price from then on."""
    return [PricePeriod(START + timedelta(days=day), price) for day, price in steps]


@pytest.mark.parametrize(
    ("steps", "wish", "shown"),
    [
        ([(0, 100), (40, 80)], 100, 100),
        # A wish above what was ever asked is brought down to it.
        ([(0, 100), (40, 80)], 150, 100),
        # A wish below stands.
        ([(0, 100), (40, 80)], 90, 90),
        # Raised for a week before the reduction: the lower price before counts.
        ([(0, 100), (40, 130), (47, 90)], 130, 100),
        # Raised to go back: there is nothing to announce.
        ([(0, 100), (40, 130), (47, 100)], 130, None),
        # The lowest of the window, not the last.
        ([(0, 100), (30, 70), (35, 100), (50, 60)], 100, 70),
        # A low price that ended more than 30 days before the reduction does not count.
        ([(0, 50), (10, 100), (41, 80)], 100, 100),
        # One that ended within them does, though it began earlier.
        ([(0, 50), (12, 100), (41, 80)], 100, None),
        # The last change was a rise.
        ([(0, 100), (40, 80), (60, 90)], 100, None),
        # Reduced twice: what it cost for the last 30 days is the first reduction's price.
        ([(0, 100), (40, 80), (80, 60)], 100, 80),
        # Other changes of the SKU leave the moment of the reduction where it was.
        ([(0, 100), (5, 100), (40, 80), (90, 80)], 100, 100),
    ],
)
def test_at_most_the_lowest_price_of_the_month_before_is_shown(
    steps: list[tuple[int, int]], wish: int, shown: int | None
) -> None:
    assert shown_price_before(wish_minor=wish, periods=periods(*steps)) == shown


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [(0, 80)],
        # Known for 29 days only.
        [(0, 100), (29, 80)],
        # It was not for sale right before.
        [(0, 100), (35, None), (40, 80)],
    ],
)
def test_what_is_not_known_is_not_shown(steps: list[tuple[int, int | None]]) -> None:
    assert shown_price_before(wish_minor=100, periods=periods(*steps)) is None


def test_without_a_wish_of_staff_nothing_is_shown() -> None:
    assert shown_price_before(wish_minor=None, periods=periods((0, 100), (40, 80))) is None


def reduce_price(sku: Sku, *, price_minor: int, compare_at_minor: int | None) -> None:
    """As a member of staff does, forty days after the SKU came to the shop."""
    Sku.history.update(history_date=START)  # type: ignore[attr-defined]  # by simple_history
    sku.price_minor, sku.compare_at_minor = price_minor, compare_at_minor
    sku._history_date = START + timedelta(days=40)  # type: ignore[attr-defined]
    sku.save()
    summaries.refresh_prices(product_ids=[sku.product_id])
    sku.refresh_from_db()
    sku.product.refresh_from_db()


@pytest.mark.django_db
def test_the_card_and_the_sku_show_the_honest_price() -> None:
    sku = make_sku(price_minor=1000)
    reduce_price(sku, price_minor=800, compare_at_minor=1500)
    assert (sku.compare_at_minor, sku.strike_price_minor) == (1500, 1000)
    assert (sku.product.price_from_minor, sku.product.compare_at_minor) == (800, 1000)


@pytest.mark.django_db
def test_a_new_sku_with_a_price_before_shows_none() -> None:
    product = make_product()
    sku = make_sku(product=product, price_minor=800, compare_at_minor=1500)
    summaries.refresh_prices()
    sku.refresh_from_db()
    product.refresh_from_db()
    assert (sku.strike_price_minor, product.compare_at_minor) == (None, None)


@pytest.mark.django_db
def test_the_price_before_goes_when_staff_take_it_back() -> None:
    sku = make_sku(price_minor=1000)
    reduce_price(sku, price_minor=800, compare_at_minor=1000)
    Sku.objects.update(compare_at_minor=None)
    summaries.refresh_prices()
    sku.refresh_from_db()
    sku.product.refresh_from_db()
    assert (sku.strike_price_minor, sku.product.compare_at_minor) == (None, None)


@pytest.mark.django_db
def test_a_price_that_no_history_knows_shows_no_price_before() -> None:
    sku = make_sku(price_minor=1000)
    reduce_price(sku, price_minor=800, compare_at_minor=1000)
    Sku.objects.update(price_minor=900)
    summaries.refresh_prices()
    sku.refresh_from_db()
    assert sku.strike_price_minor is None
