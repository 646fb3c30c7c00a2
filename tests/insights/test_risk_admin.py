"""What staff see of risky orders, and what they do about them."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from insights.models import RiskAssessment, RiskCondition, RiskRule, RiskSettings
from orders.models import Order
from tests.factories import make_staff
from tests.insights.test_risk import buy, buy_held, only_rule

pytestmark = pytest.mark.django_db

LIST = "admin:insights_riskassessment_changelist"


@pytest.fixture(autouse=True)
def _test_payments(settings: Any) -> None:
    settings.PAYMENT_TEST = True


def as_role(role: str) -> Client:
    staff = make_staff()
    staff.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(staff)
    return client


def decide(client: Client, assessment: RiskAssessment, decision: str, **fields: str) -> Any:
    address = reverse("admin:insights_riskassessment_decide", args=[assessment.pk])
    return client.post(address, {"decision": decision, **fields}, follow=True)


def test_the_queue_shows_who_waits_and_why() -> None:
    order, kept = buy_held()
    RiskRule.objects.update(is_active=False)
    free = buy()
    client = as_role("Manager")
    page = client.get(reverse(LIST), {"queue": "waiting"}).content.decode()
    assert order.number in page
    assert free.number not in page
    # In the list by its name, on the page by what it saw.
    assert "planted" in page
    one = client.get(reverse("admin:insights_riskassessment_change", args=[kept.pk]))
    text = one.content.decode()
    for words in (
        "units in the order: at least 1",
        "Let it go on",
        "Cancel: it is fraud",
        "li@example.org",
        "70",
    ):
        assert words in text


def test_staff_release_or_cancel_from_the_page() -> None:
    client = as_role("Manager")
    order, kept = buy_held()
    assert "goes on" in decide(client, kept, "reject", reason="called").content.decode()
    order.refresh_from_db()
    assert order.status == Order.Status.PLACED
    order, kept = buy_held()
    decide(client, kept, "accept")
    order.refresh_from_db()
    kept.refresh_from_db()
    assert (order.status, kept.outcome) == ("cancelled", "confirmed_fraud")
    order, kept = buy_held()
    decide(client, kept, "correct", correction="unclear")
    order.refresh_from_db()
    kept.refresh_from_db()
    assert (order.status, kept.outcome) == ("cancelled", "unclear")


def test_a_decision_that_comes_too_late_is_told() -> None:
    client = as_role("Manager")
    order, kept = buy_held()
    Order.objects.filter(pk=order.pk).update(status="paid")
    page = decide(client, kept, "accept").content.decode()
    assert "is not held any more" in page
    order.refresh_from_db()
    assert order.status == Order.Status.PAID


def test_who_may_not_decide_does_not() -> None:
    order, kept = buy_held()
    assert decide(as_role("Buyer"), kept, "accept").status_code == 403
    assert as_role("Catalogue editor").get(reverse(LIST)).status_code == 403
    order.refresh_from_db()
    assert order.status == Order.Status.HELD


def test_a_chargeback_is_recorded_from_the_list() -> None:
    buy()
    kept = RiskAssessment.objects.get()
    as_role("Manager").post(
        reverse(LIST), {"action": "chargeback_selected", "_selected_action": [kept.pk]}
    )
    kept.refresh_from_db()
    assert kept.outcome == "chargeback"


def rule_form(**condition: str) -> dict[str, str]:
    fields = {"fact": "units", "operator": "at_least", "value": "5", "hours": "24", **condition}
    return {
        "note": "planted",
        "is_active": "on",
        "weight": "0.4",
        "action": "note",
        "conditions-TOTAL_FORMS": "1",
        "conditions-INITIAL_FORMS": "0",
        **{f"conditions-0-{name}": value for name, value in fields.items()},
    }


def test_staff_write_a_rule_and_see_what_it_would_have_done() -> None:
    for units in (1, 6):
        buy(units=units)
    client = as_role("Manager")
    RiskRule.objects.all().delete()
    client.post(reverse("admin:insights_riskrule_add"), rule_form())
    rule = RiskRule.objects.get()
    assert RiskCondition.objects.get().value == "5"
    page = client.get(reverse("admin:insights_riskrule_change", args=[rule.pk])).content.decode()
    assert "It holds for 1 of 2 orders; 0 of those turned out fraud." in " ".join(page.split())


@pytest.mark.parametrize(
    ("fact", "operator", "value"),
    [
        ("units", "at_least", "many"),
        ("units", "is", "5"),
        ("units", "at_least", "-1"),
        ("units", "at_least", "nan"),
        ("is_guest", "at_least", "1"),
        ("is_guest", "is", "perhaps"),
        ("country", "is", "Germany"),
        ("country", "at_least", "5"),
    ],
)
def test_a_condition_that_cannot_be_is_refused(fact: str, operator: str, value: str) -> None:
    RiskRule.objects.all().delete()
    answer = as_role("Manager").post(
        reverse("admin:insights_riskrule_add"),
        rule_form(fact=fact, operator=operator, value=value),
    )
    assert "That does not fit" in answer.content.decode()
    assert not RiskRule.objects.exists()


def test_the_threshold_is_changed_on_its_page() -> None:
    client = as_role("Manager")
    page = reverse("admin:insights_risksettings_changelist")
    assert client.get(page).status_code == 200
    client.post(
        reverse("admin:insights_risksettings_change", args=[1]),
        {"is_active": "on", "hold_from": "0.2"},
    )
    assert RiskSettings.objects.get().hold_from == 0.2
    only_rule(("units", "at_least", "1"), weight=0.25)
    assert buy().status == Order.Status.HELD


def test_a_longer_queue_costs_no_more_statements() -> None:
    client = as_role("Manager")

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse(LIST)).status_code == 200
        return len(captured)

    buy_held()
    statements()
    few = statements()
    for _ in range(4):
        buy_held()
    assert statements() == few
