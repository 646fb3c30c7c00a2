"""What is expected of customers: learned, written at night, read and corrected by staff."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.models import Sku
from customers.models import Consent, User
from ecomsite.backoffice import roles
from insights.models import (
    CategoryAffinity,
    ChurnScore,
    CustomerValue,
    Interaction,
    PurchasePropensity,
    Visit,
    VisitPropensity,
    WritingTime,
)
from insights.services import score_marks, score_nights, scores, visit_scores
from insights.services.score_reading import read_expectations
from learning.errors import AlreadyReviewedError
from learning.models import Decision, ModelVersion, TrainingRun
from learning.services.training import retrain
from orders.models import Order, OrderLine
from tests.backoffice.factories import make_member
from tests.factories import make_category, make_order, make_product, make_sku, make_staff, make_user
from tests.insights.factories import make_interaction, make_visit
from tests.insights.segment_factories import say

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}
LAST_DAY = date(2026, 6, 1)
LIST = "admin:insights_churnscore_changelist"
CUSTOMER = "admin:insights_churnscore_customer"
ALL = ("purchase", "customer_value", "churn", "affinity", "writing_time")


def make_shop(n: int, *, days: int = 400, seed: int = 0) -> list[User]:
    """Customers with a rate, a taste and an hour of their own, who leave some day."""
    rng = np.random.default_rng(seed)
    skus = [make_sku(product=make_product(category=make_category()), price_minor=p) for p in
            (900, 2_500, 7_000)]  # fmt: skip
    people = User.objects.bulk_create(
        User(username=f"c{at:04}", language=("zh-hans", "en")[at % 3 == 0], country="China")
        for at in range(n)
    )
    start = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, tzinfo=UTC) - timedelta(days=days)
    orders: list[Order] = []
    of_sku: list[Sku] = []
    for at, customer in enumerate(people):
        rate, leaving = rng.gamma(1.5, 1 / 25), rng.beta(1.0, 5.0)
        day = rng.uniform(0, days * 0.7)
        while day < days:
            sku = skus[at % 3 if rng.random() < 0.8 else int(rng.integers(3))]
            of_sku.append(sku)
            orders.append(
                Order(
                    number=f"S{len(orders):06}",
                    customer=customer,
                    currency="CNY",
                    goods_minor=sku.price_minor,
                    total_minor=sku.price_minor,
                    placed_at=start + timedelta(days=int(day), hours=at % 12),
                )
            )
            if rng.random() < leaving:
                break
            day += rng.exponential(1 / rate)
    Order.objects.bulk_create(orders, batch_size=500)
    OrderLine.objects.bulk_create(
        (
            OrderLine(order=order, position=0, sku=sku, sku_code=sku.code, name="Cup", quantity=1,
                      unit_price_minor=sku.price_minor)
            for order, sku in zip(orders, of_sku, strict=True)
        ),
        batch_size=500,
    )  # fmt: skip
    return people


def make_scores(customer: User, **churn: Any) -> ChurnScore:
    value = {"value": 50_000, "currency": "CNY", "expected_orders": 4.2}
    CustomerValue.objects.create(
        customer=customer,
        as_of=LAST_DAY,
        active_probability=0.5,
        value_if_active_minor=100_000,
        explanation={"factors": [], "facts": {"orders_so_far": 7}},
        **value,
    )
    explanation = {
        "unit": "logit",
        "factors": [
            {"name": "recency_days", "value": 61.0, "direction": "up", "weight": 0.9},
            {"name": "order_days", "value": 7.0, "direction": "down", "weight": -0.2},
        ],
        "facts": {"days_since_last_order": 61, "orders_so_far": 7},
    }
    return ChurnScore.objects.create(
        **{
            "customer": customer,
            "as_of": LAST_DAY,
            "value": 0.75,
            "at_stake_minor": 37_500,
            "explanation": explanation,
            **churn,
        }
    )


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(make_member(roles.MANAGER))
    return client


def test_a_shop_learns_what_to_expect_and_the_night_writes_it() -> None:
    people = make_shop(420)
    refusing = people[0]
    say(refusing, Consent.Purpose.PERSONALISATION, granted=False)
    never = make_user()
    for name in ALL:
        run = retrain(f"insights.{name}", as_of=LAST_DAY)
        assert run.status == TrainingRun.Status.PUBLISHED, (name, run.message, [
            (gate.metric, gate.value, gate.bound) for gate in run.version.gates.all()
        ])  # fmt: skip
    known = set(ChurnScore.objects.values_list("customer_id", flat=True))
    assert len(known) == len(people) - 1
    assert refusing.pk not in known
    assert never.pk not in known
    churn = ChurnScore.objects.select_related("model_version").first()
    assert churn is not None
    assert churn.model_version == ModelVersion.objects.of("insights.churn").active().get()
    assert churn.explanation["factors"]
    assert churn.as_of == LAST_DAY
    # Who orders often and lately is told to come back, who was silent for long is not.
    lately = PurchasePropensity.objects.filter(
        explanation__facts__days_since_last_order__lte=10,
        explanation__facts__orders_so_far__gte=5,
    ).values_list("value", flat=True)
    silent = PurchasePropensity.objects.filter(
        explanation__facts__days_since_last_order__gte=150
    ).values_list("value", flat=True)
    assert np.mean(list(lately)) > np.mean(list(silent)) + 0.2
    # Tastes and hours are those that the customers have.
    assert CategoryAffinity.objects.filter(rank=1, lift__gt=1.5).exists()
    hours = WritingTime.objects.filter(moments__gte=6).values_list("hour", "customer__username")
    zone_shift = {(hour - int(name[1:]) % 12) % 24 for hour, name in hours}
    assert len(zone_shift) <= 2

    score_nights.refresh_scores(as_of=LAST_DAY)
    assert ChurnScore.objects.count() == len(known)
    at_stake = ChurnScore.objects.filter(at_stake_minor__gt=0).first()
    assert at_stake is not None
    worth = CustomerValue.objects.get(customer=at_stake.customer)
    assert at_stake.at_stake_minor == pytest.approx(at_stake.value * worth.value, abs=1)
    before = list(ChurnScore.objects.order_by("pk").values_list("pk", "value"))
    score_nights.refresh_scores(as_of=LAST_DAY)
    assert list(ChurnScore.objects.order_by("pk").values_list("pk", "value")) == before


def test_a_young_shop_is_told_what_it_lacks_and_nothing_is_made_up() -> None:
    make_shop(40, days=60)
    run = retrain("insights.churn", as_of=LAST_DAY)
    assert run.status == TrainingRun.Status.NOT_ENOUGH_DATA
    assert "200" in run.message
    counts = score_nights.refresh_scores(as_of=LAST_DAY)
    assert "churn" not in counts
    assert not ChurnScore.objects.exists()
    customer = User.objects.customers().first()
    assert customer is not None
    found = read_expectations(customer)
    assert found.churn is None
    assert found.missing["insights.churn"] == run.message
    assert found.missing["insights.purchase"] == "never"


@pytest.mark.parametrize("pipeline", ALL)
def test_an_empty_shop_is_no_error(pipeline: str) -> None:
    run = retrain(f"insights.{pipeline}", as_of=LAST_DAY)
    assert run.status == TrainingRun.Status.NOT_ENOUGH_DATA
    assert scores.refresh_orders(as_of=LAST_DAY) == {"marks_over": 0}


def test_a_mark_takes_a_score_out_of_use_once_and_is_remembered() -> None:
    score, staff = make_scores(make_user()), make_staff()
    score_marks.mark_wrong(score=score, user=staff, reason="She moved abroad")
    assert not ChurnScore.objects.standing().exists()
    with pytest.raises(AlreadyReviewedError):
        score_marks.mark_wrong(score=score, user=staff)
    decision = Decision.objects.get(subject_id=score.pk)
    assert decision.action == Decision.Action.REJECT
    assert decision.reason == "She moved abroad"
    assert decision.proposed["value"] == 0.75
    score_marks.lift_mark(score=score, user=staff)
    assert ChurnScore.objects.standing().exists()
    with pytest.raises(AlreadyReviewedError):
        score_marks.lift_mark(score=score, user=staff)


def test_a_mark_outlives_the_night_and_ends_with_the_next_order() -> None:
    customer, staff = make_user(), make_staff()
    score_marks.mark_wrong(score=make_scores(customer), user=staff)
    make_order(customer=customer, lines={make_sku(): 1}, placed_at=timezone.now() - timedelta(1))
    assert scores.end_marks() == 0
    make_order(
        customer=customer,
        lines={make_sku(): 1},
        placed_at=timezone.now() + timedelta(1),
        status=Order.Status.CANCELLED,
    )
    assert scores.end_marks() == 0
    make_order(customer=customer, lines={make_sku(): 1}, placed_at=timezone.now() + timedelta(1))
    assert scores.end_marks() == 1
    assert ChurnScore.objects.standing().exists()


def test_the_list_leads_with_what_is_at_stake(manager: Client) -> None:
    little = make_scores(make_user(first_name="Little"), at_stake_minor=10)
    much = make_scores(make_user(first_name="Much"), at_stake_minor=99_000)
    page = manager.get(reverse(LIST), headers=ENGLISH)
    text = page.content.decode()
    assert text.index(reverse(CUSTOMER, args=[much.customer_id])) < text.index(
        reverse(CUSTOMER, args=[little.customer_id])
    )
    assert "last order 61 days ago · 7 orders so far" in text
    assert "¥990.00" in text


def test_the_list_costs_the_same_for_one_and_for_many(manager: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection, ) as queries:  # fmt: skip
            assert manager.get(reverse(LIST)).status_code == 200
        return len(queries)

    make_scores(make_user())
    cost()
    one = cost()
    for _ in range(15):
        make_scores(make_user())
    assert cost() == one


def test_the_file_gives_an_address_only_with_consent(manager: Client) -> None:
    willing, other = make_user(first_name="=1+1"), make_user(first_name="Other")
    say(willing, Consent.Purpose.MARKETING, granted=True)
    for customer in (willing, other):
        make_scores(customer)
    answer = manager.get(reverse(LIST), {"export": "csv"}, headers=ENGLISH)
    text = b"".join(answer).decode("utf-8-sig")
    rows = {row["account"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows[willing.username]["email address"] == willing.email
    assert rows[willing.username]["customer"].startswith("'=1+1")
    assert rows[other.username]["email address"] == ""
    assert rows[other.username]["at stake"] == "375.00"


def test_the_page_of_a_customer_says_why_and_takes_corrections(manager: Client) -> None:
    customer = make_user()
    make_scores(customer)
    here = reverse(CUSTOMER, args=[customer.pk])
    text = manager.get(here, headers=ENGLISH).content.decode()
    assert "75 % that she orders nothing within 90 days" in text
    assert "days since the last order" in text
    assert "strongly" in text
    assert "She allows no letters" in text
    mark = reverse("admin:insights_churnscore_mark", args=[customer.pk])
    assert manager.get(mark).status_code == 405
    assert manager.post(mark, {"score": "user", "do": "wrong"}).status_code == 404
    assert ChurnScore.objects.standing().exists()
    manager.post(mark, {"score": "churnscore", "do": "wrong", "reason": "<b>moved</b>"})
    assert not ChurnScore.objects.standing().exists()
    text = manager.get(here, headers=ENGLISH).content.decode()
    assert "&lt;b&gt;moved&lt;/b&gt;" in text
    assert "It is right after all" in text


def test_whoever_may_not_see_scores_sees_none(client: Client) -> None:
    customer = make_user()
    make_scores(customer)
    here = reverse(CUSTOMER, args=[customer.pk])
    mark = reverse("admin:insights_churnscore_mark", args=[customer.pk])
    client.force_login(make_member(roles.BUYER))
    assert client.get(here).status_code == 403
    assert client.get(reverse(LIST)).status_code == 403
    client.force_login(make_member(roles.SUPPORT_AGENT))
    text = client.get(here, headers=ENGLISH).content.decode()
    assert "Churn probability" in text
    assert "Customer value" not in text
    refused = client.post(mark, {"score": "customervalue", "do": "wrong"})
    assert refused.status_code == 403
    assert CustomerValue.objects.standing().exists()
    client.force_login(customer)
    assert client.get(here).status_code == 302
    staff = make_staff()
    client.force_login(make_member(roles.MANAGER))
    assert client.get(reverse(CUSTOMER, args=[staff.pk])).status_code == 404


def test_the_customers_own_page_shows_what_is_expected(manager: Client) -> None:
    customer = make_user()
    make_scores(customer)
    page = manager.get(reverse("admin:customers_user_change", args=[customer.pk]), headers=ENGLISH)
    text = page.content.decode()
    assert reverse(CUSTOMER, args=[customer.pk]) in text
    assert "75 %" in text


def make_visits(n: int, *, until: datetime) -> None:
    """Who looks at a product twice and fills the cart orders, mostly."""
    rng = np.random.default_rng(0)
    product = make_product()
    visits, events = [], []
    for at in range(n):
        start = until - timedelta(hours=float(n - at))
        wants = rng.random() < 0.3
        orders = bool(wants and rng.random() < 0.8)
        visit = Visit(
            visitor_key=f"v{at % 300}", started_at=start, ended_at=start + timedelta(minutes=9),
            language="en", device="phone", n_views=3, n_orders=int(orders),
        )  # fmt: skip
        visits.append(visit)
        kinds = ["view", "view", "add_to_cart", "view"] if wants else ["view"] * 4
        kinds += ["purchase"] if orders else []
        for step, kind in enumerate(kinds):
            same = wants or step == 0
            events.append(
                Interaction(
                    event_id=uuid4(), kind=kind, visitor_key=visit.visitor_key, visit=visit,
                    product=product if same else None, occurred_at=start + timedelta(minutes=step),
                )
            )  # fmt: skip
    Visit.objects.bulk_create(visits)
    Interaction.objects.bulk_create(events, batch_size=500)


def test_visits_are_told_of_while_they_last_and_judged_when_over() -> None:
    now = timezone.now()
    make_visits(1_200, until=now - timedelta(days=1))
    run = retrain("insights.visit_purchase", as_of=timezone.localdate())
    assert run.status == TrainingRun.Status.PUBLISHED, run.message
    eager, idle = (
        make_visit(started_at=now - timedelta(minutes=5), minutes=4, is_returning=None)
        for _ in range(2)
    )
    refusing = make_user()
    say(refusing, Consent.Purpose.PERSONALISATION, granted=False)
    hidden = make_visit(started_at=now - timedelta(minutes=5), customer=refusing)
    product = make_product()
    for visit, kinds in (
        (eager, ("view", "view", "add_to_cart")),
        (idle, ("view", "view", "view")),
        (hidden, ("view", "view", "view")),
    ):
        for step, kind in enumerate(kinds):
            make_interaction(
                kind=kind,
                visit=visit,
                visitor_key=visit.visitor_key,
                product=product if visit == eager else None,
                occurred_at=visit.started_at + timedelta(minutes=step),
            )
    assert visit_scores.score_visits(now=now) == 2
    assert visit_scores.score_visits(now=now) == 2
    told = dict(VisitPropensity.objects.values_list("visitor_key", "value"))
    assert set(told) == {eager.visitor_key, idle.visitor_key}
    assert told[eager.visitor_key] > 0.5 > told[idle.visitor_key]
    Visit.objects.filter(pk=eager.pk).update(n_orders=1)
    visit_scores.score_visits(now=now + timedelta(hours=1))
    outcome = dict(VisitPropensity.objects.values_list("visitor_key", "has_ordered"))
    assert outcome == {eager.visitor_key: True, idle.visitor_key: False}
    assert visit_scores.forget_visits(now=now + timedelta(days=40)) == 2


def test_visits_have_a_page_of_their_own(manager: Client) -> None:
    moment = timezone.now()
    row = VisitPropensity.objects.create(
        visitor_key="a" * 32,
        started_at=moment,
        seen_at=moment,
        value=0.64,
        explanation={
            "unit": "logit",
            "factors": [
                {"name": "visit_cart_adds", "value": 2.0, "direction": "up", "weight": 1.0}
            ],
        },
    )
    here = reverse("admin:insights_visitpropensity_changelist")
    text = manager.get(here, headers=ENGLISH).content.decode()
    assert "64 %" in text
    assert "put into the cart: 2 ▲" in text
    manager.post(here, {"action": "mark_selected", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.marked_wrong_at is not None
