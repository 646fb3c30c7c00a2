"""The segments of the demo shop can be read, and say what they mean."""

import pytest

from ecomsite.demo.loading.segments import load_segments
from insights.models import Segment
from insights.services.segment_reading import rule_words
from tests.factories import make_category, make_staff

pytestmark = pytest.mark.django_db


def test_the_demo_has_three_segments_that_wait_to_be_counted() -> None:
    make_category(slug="tea", name_en="Tea", name_zh_hans="茶")
    assert load_segments(make_staff()) == 3
    assert {rule_words(segment) for segment in Segment.objects.uncounted()} == {
        "Customers who put products into the cart at least 1 time in the last 14 days and "
        "not (last ordered in the last 14 days).",
        "Customers who spent at least ¥2,000.00 in the last 90 days.",
        "Customers who bought from Tea at least 2 times and last ordered more than 60 days ago "
        "and agreed to offers by email.",
    }


def test_a_demo_without_tea_has_the_other_two() -> None:
    assert load_segments(make_staff()) == 2
