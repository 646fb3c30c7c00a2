"""Staff pages of segments, their rules, look-alikes and fairness."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ecomsite.backoffice import roles
from insights.models import (
    FairnessReport,
    Interaction,
    LookAlike,
    LookAlikeAudience,
    Segment,
    SegmentDay,
)
from insights.services import fairness, segment_nights, segment_refreshing
from learning.models import Decision
from tests.backoffice.factories import make_member
from tests.factories import make_brand, make_product, make_sku, make_user
from tests.insights.factories import make_interaction
from tests.insights.segment_factories import make_segment, ordered, say

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}
ORDERED: dict[str, Any] = {"field": "orders", "is": "at_least", "n": 1}
ADD = "admin:insights_segment_add"


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(make_member(roles.MANAGER))
    return client


def page(client: Client, name: str, *args: Any, status: int = 200) -> str:
    answer = client.get(reverse(f"admin:insights_{name}", args=args), headers=ENGLISH)
    assert answer.status_code == status
    return str(answer.content.decode())


def post(client: Client, address: str, data: dict[str, Any], **headers: str) -> Any:
    return client.post(address, data, headers={**ENGLISH, **headers})


def typed(*conditions: dict[str, Any], do: str = "save", **more: Any) -> dict[str, Any]:
    """What a browser sends of one group with these conditions."""
    nodes = ["r:group", *(f"r.{place}:condition" for place in range(len(conditions)))]
    data: dict[str, Any] = {
        "node": nodes,
        "r:how": "all",
        "name_en": "Buyers",
        "is_active": "on",
        "do": do,
        **more,
    }
    for place, condition in enumerate(conditions):
        for name, value in condition.items():
            data[f"r.{place}:{name}"] = value
    return data


def make_counted(n_customers: int = 12) -> Segment:
    for _number in range(n_customers):
        customer = make_user(first_name="Ann", last_name="Lee")
        ordered(customer, price=5000)
        say(customer, "marketing", granted=True)
    segment = make_segment(ORDERED, name_en="Buyers")
    segment_refreshing.refresh_segment(segment=segment)
    segment.refresh_from_db()
    return segment


def test_a_segment_is_built_without_a_script_step_by_step(manager: Client) -> None:
    for _number in range(11):
        ordered(make_user(), price=5000)
    address = reverse(ADD)
    assert 'name="r.0:field"' in manager.get(address, headers=ENGLISH).content.decode()
    shown = post(manager, address, typed({"field": "orders"}, do="show")).content.decode()
    assert 'name="r.0:n"' in shown
    assert "The rule is not complete yet." in shown
    counted = post(manager, address, typed(ORDERED, do="show")).content.decode()
    assert "Customers who ordered at least 1 time." in counted
    assert ">11<" in counted.replace(" ", "").replace("\n", "")
    more = post(manager, address, typed(ORDERED, do="add_group:r")).content.decode()
    assert 'value="r.1:group"' in more
    assert 'name="r.1.0:field"' in more
    less = post(
        manager, address, typed(ORDERED, {"field": "spend"}, do="remove:r.0")
    ).content.decode()
    assert 'name="r.0:amount"' in less
    assert 'name="r.1:field"' not in less
    # Nothing was kept on the way.
    assert not Segment.objects.exists()
    answer = post(manager, address, typed(ORDERED))
    segment = Segment.objects.get()
    assert answer.url == reverse("admin:insights_segment_change", args=[segment.pk])
    assert segment.rule == {"how": "all", "parts": [ORDERED]}
    assert segment.created_by is not None


def test_a_rule_that_cannot_be_kept_says_where_and_is_not_lost(manager: Client) -> None:
    wrong = {**ORDERED, "n": "many"}
    answer = post(manager, reverse(ADD), typed(wrong, name_en="<b>Bold</b>"))
    said = answer.content.decode()
    assert "“times” is not a whole number." in said
    assert 'value="many"' in said
    assert "&lt;b&gt;Bold&lt;/b&gt;" in said
    assert not Segment.objects.exists()
    nameless = post(manager, reverse(ADD), typed(ORDERED, name_en=""))
    assert "Give the segment a name." in nameless.content.decode()


def test_a_form_from_elsewhere_is_bounded(manager: Client) -> None:
    nodes = ["r:group"] + [f"r.{number}:condition" for number in range(5000)]
    answer = post(manager, reverse(ADD), {"node": nodes[:900], "r:how": "all", "do": "save"})
    assert answer.status_code == 200
    assert "A rule has at most 30 conditions." in answer.content.decode()
    for odd in ({"node": ["r.9:condition", "x"]}, {"do": "remove:r"}, {"node": ["r:condition"]}):
        assert post(manager, reverse(ADD), odd).status_code == 200


def test_a_script_is_given_the_tree_alone(manager: Client) -> None:
    part = post(manager, reverse(ADD), typed(ORDERED, do="show"), **{"X-Fragment": "rule"})
    assert "<html" not in part.content.decode()
    assert "data-rule-preview" in part.content.decode()


def test_the_count_of_a_small_group_is_not_told_while_it_is_built(manager: Client) -> None:
    customer = make_user(first_name="Very", last_name="Single")
    ordered(customer)
    shown = post(manager, reverse(ADD), typed(ORDERED, do="show")).content.decode()
    assert "fewer than 10" in shown
    assert "Single" not in shown


def test_the_page_of_a_segment_says_its_size_value_and_change(manager: Client) -> None:
    segment = make_counted()
    week_ago = timezone.localdate() - timedelta(days=8)
    SegmentDay.objects.create(segment=segment, day=week_ago, size=10)
    shown = page(manager, "segment_change", segment.pk)
    assert "Customers who ordered at least 1 time." in shown
    assert "+2 to a week ago" in shown
    assert "¥600.00" in shown
    assert "¥50.00" in shown
    listed = page(manager, "segment_changelist")
    assert "Buyers" in listed
    assert "+2" in listed


def test_a_small_segment_shows_nothing_of_its_customers(manager: Client) -> None:
    segment = make_counted(3)
    shown = page(manager, "segment_change", segment.pk)
    assert "There are fewer than 10 customers in it." in shown
    for told in ("Lee", "¥150.00", "Export hashed", "zg-chart"):
        assert told not in shown
    assert "fewer than 10" in page(manager, "segment_changelist")
    customer = segment.memberships.earliest("pk").customer_id
    page(manager, "segment_why", segment.pk, customer, status=403)


def test_a_customer_is_taken_out_with_a_reason_and_put_back(manager: Client) -> None:
    segment = make_counted()
    customer = segment.memberships.earliest("pk").customer
    address = reverse("admin:insights_segment_why", args=[segment.pk, customer.pk])
    assert "ordered at least 1 time" in page(manager, "segment_why", segment.pk, customer.pk)
    post(manager, address, {"decision": "out", "reason": "an employee"})
    assert not segment.memberships.filter(customer=customer).exists()
    shown = page(manager, "segment_why", segment.pk, customer.pk)
    assert "an employee" in shown
    assert "Taken out by" in shown
    post(manager, address, {"decision": "withdraw"})
    assert not segment.corrections.exists()
    assert Segment.objects.uncounted().get() == segment


def test_looking_changes_nothing(manager: Client) -> None:
    segment = make_counted()
    before = list(Segment.objects.values()), segment.memberships.count()
    for name in ("segment_change", "segment_edit"):
        page(manager, name, segment.pk)
    export = manager.get(reverse("admin:insights_segment_export", args=[segment.pk]))
    assert export.status_code == 405
    assert (list(Segment.objects.values()), segment.memberships.count()) == before
    assert not Decision.objects.exists()


def test_hashes_are_exported_by_who_may(manager: Client) -> None:
    segment = make_counted()
    address = reverse("admin:insights_segment_export", args=[segment.pk])
    lines = manager.post(address).content.decode().split()
    assert lines[0] == "email_sha256"
    assert len(lines) == 13
    assert Decision.objects.get().done["hashes"] == 12


def test_who_answers_customers_sees_segments_and_changes_none(client: Client) -> None:
    segment = make_counted()
    client.force_login(make_member(roles.SUPPORT_AGENT))
    assert "Buyers" in page(client, "segment_change", segment.pk)
    customer = segment.memberships.earliest("pk").customer_id
    for name, args in (("edit", [segment.pk]), ("add", [])):
        refused = client.post(reverse(f"admin:insights_segment_{name}", args=args), typed(ORDERED))
        assert refused.status_code == 403
    why = reverse("admin:insights_segment_why", args=[segment.pk, customer])
    assert client.post(why, {"decision": "out"}).status_code == 403
    export = reverse("admin:insights_segment_export", args=[segment.pk])
    assert client.post(export).status_code == 403
    assert segment.memberships.count() == 12
    client.force_login(make_member(roles.BUYER))
    page(client, "segment_change", segment.pk, status=403)


def test_the_list_asks_as_much_for_twenty_segments_as_for_two(manager: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            page(manager, "segment_changelist")
        return len(asked)

    def add(number: int) -> None:
        seed = make_segment(ORDERED)
        Segment.objects.create(
            kind="cluster",
            code=f"cluster:{number}",
            traits=[{"feature": "orders", "category": None, "direction": "up"}],
        )
        Segment.objects.create(
            kind="look_alike", code=f"look_alike:{number}", traits=[{"seed": seed.pk}]
        )

    add(1)
    queries()
    few = queries()
    for number in range(2, 8):
        add(number)
    assert queries() == few


def test_her_own_page_says_her_segments_and_why(manager: Client) -> None:
    segment = make_counted()
    customer = segment.memberships.earliest("pk").customer
    address = reverse("admin:customers_user_change", args=[customer.pk])
    shown = manager.get(address, headers=ENGLISH).content.decode()
    assert "Buyers" in shown
    assert reverse("admin:insights_segment_why", args=[segment.pk, customer.pk]) in shown


def test_look_alikes_are_taken_in_part(manager: Client) -> None:
    seed = make_segment(ORDERED, name_en="Seed")
    audience = LookAlikeAudience.objects.create(
        seed=seed, size=40, confidence=0.5, explanation={"unit": "share", "factors": []}
    )
    LookAlike.objects.bulk_create(
        LookAlike(audience=audience, customer=make_user(), rank=rank, confidence=0.5)
        for rank in range(1, 41)
    )
    shown = page(manager, "lookalikeaudience_change", audience.pk)
    assert "40 customers are like those of “Seed”." in shown
    assert "only the 20 most alike" in shown
    decide = reverse("admin:insights_lookalikeaudience_decide", args=[audience.pk])
    post(manager, decide, {"decision": "correct", "correction": "20"})
    made = Segment.objects.get(kind="look_alike")
    assert made.size == 20
    assert "Like “Seed”" in page(manager, "segment_change", made.pk)


def test_fairness_is_told_by_group_and_small_groups_are_not(manager: Client) -> None:
    assert "Nothing was measured yet" in page(manager, "fairnessreport_changelist")
    for number in range(24):
        customer = make_user(language="en" if number % 2 else "zh-hans", country="CN")
        order = ordered(customer, days_ago=20)
        order.shipped_at = order.placed_at + timedelta(days=1 if number % 2 else 9)
        order.save()
    ordered(make_user(country="MT"), days_ago=20)
    for number in range(4):
        ordered(
            make_user(country="CN"),
            sku=make_sku(product=make_product(brand=make_brand())),
            days_ago=number,
        )
    segment_nights.measure_fairness(as_of=timezone.localdate())
    rows = fairness.rows_of(FairnessReport.objects.get())
    prompt = {row.group: row.value for row in rows if row.metric == "sent_promptly"}
    assert prompt["language:en"] == 1.0
    assert prompt["language:zh-hans"] == 0.0
    assert "region:MT" not in prompt
    shown = page(manager, "fairnessreport_changelist")
    assert "orders sent within 3 days" in shown
    assert "language: differs beyond chance" in shown


def test_exposure_of_small_brands_stands_beside_their_sales() -> None:
    now = timezone.now()
    brands = [make_brand() for _number in range(4)]
    products = [make_product(brand=brand) for brand in brands]
    for place, product in enumerate(products):
        for _order in range(place * 3):
            ordered(make_user(), sku=make_sku(product=product))
        make_interaction(
            kind=Interaction.Kind.IMPRESSION,
            product=product,
            placement="home.guess_you_like",
            occurred_at=now,
        )
    segment_nights.measure_fairness(as_of=timezone.localdate())
    shares = {
        row.group: row.value
        for row in fairness.rows_of(FairnessReport.objects.get())
        if row.subject == "exposure"
    }
    # Brands sold 0, 3, 6 and 9 times: the first two are small.
    assert shares["products"] == 0.5
    assert shares["sales"] == pytest.approx(3 / 18)
    assert shares["placement:home.guess_you_like"] == 0.5
