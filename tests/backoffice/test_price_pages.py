"""Prices, markdown plans and ranges in the back office."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Sku
from ecomsite.backoffice import roles
from inventory.models import MarkdownPlan, MarkdownStep, PriceFloor, PricePrediction
from tests.backoffice.factories import make_member
from tests.factories import make_brand, make_product, make_sku, make_stock_level
from tests.inventory.factories import LAST_DAY, make_forecast
from tests.inventory.test_prices import make_suggestion

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


def page(client: Client, name: str, *args: Any, **query: str) -> str:
    answer = client.get(reverse(f"admin:inventory_{name}", args=args), query, headers=ENGLISH)
    assert answer.status_code == 200
    return answer.content.decode()


def decide(client: Client, row: Any, **data: str) -> Any:
    address = reverse(f"admin:inventory_{row._meta.model_name}_decide", args=[row.pk])
    answer = client.post(address, data, headers=ENGLISH, follow=True)
    row.refresh_from_db()
    return answer


def make_plan(**fields: Any) -> MarkdownPlan:
    plan = MarkdownPlan.objects.create(
        **{
            "sku": make_sku(price_minor=5_000),
            "as_of": LAST_DAY,
            "price_before_minor": 5_000,
            "unit_cost_minor": 2_000,
            "floor_minor": 2_000,
            "units_at_start": 100,
            "units_expected": 12.5,
            "money_freed_minor": 50_000,
            "explanation": {
                "unit": "factor",
                "factors": [],
                "facts": {"units_a_day_now": 0.1, "elasticity": -2.5},
            },
            **fields,
        }
    )
    for place, price in enumerate((4_500, 4_000, 3_500)):
        MarkdownStep.objects.create(
            plan=plan,
            starts_on=LAST_DAY + timedelta(days=2 + 14 * place),
            price_minor=price,
            units_expected=4.0,
        )
    return plan


def make_prediction(**fields: Any) -> PricePrediction:
    sku = make_sku(product=make_product(status="draft"), price_minor=1)
    like = make_sku(code="LIKE-IT", price_minor=1_450)
    facts = {"comparables": [{"sku": like.code, "price_minor": 1_450, "likeness": 0.8}]}
    return PricePrediction.objects.create(
        **{
            "sku": sku,
            "price_minor": 1_500,
            "lower_minor": 1_000,
            "upper_minor": 2_000,
            "confidence": 0.75,
            "explanation": {"unit": "factor", "factors": [], "facts": facts},
            **fields,
        }
    )


def test_a_buyer_sees_what_a_price_would_do_and_puts_it_on_sale(client: Client) -> None:
    client.force_login(make_member(roles.BUYER))
    suggestion = make_suggestion()
    listed = page(client, "pricesuggestion_changelist")
    assert "¥20.00 → ¥18.00 (-10\u00a0%)" in listed
    shown = page(client, "pricesuggestion_change", suggestion.pk)
    assert "¥1,371.74" in shown
    assert "It was sold from ¥15.00 to ¥25.00" in shown
    decide(client, suggestion, decision="accept", reason="summer")
    assert suggestion.status == "accepted"
    assert Sku.objects.get().price_minor == 1_800


def test_another_price_is_chosen_from_those_within_reach(client: Client) -> None:
    client.force_login(make_member(roles.BUYER))
    suggestion = make_suggestion()
    decide(client, suggestion, decision="correct", correction="1")
    assert suggestion.status == "proposed"
    shown = page(client, "pricesuggestion_change", suggestion.pk)
    assert '<option value="1600">' in shown
    decide(client, suggestion, decision="correct", correction="1600")
    assert (suggestion.status, suggestion.applied_price_minor) == ("corrected", 1_600)
    assert Sku.objects.get().price_minor == 1_600


def test_a_price_that_moved_is_told_and_the_other_decisions_are_carried_out(
    client: Client,
) -> None:
    client.force_login(make_member(roles.BUYER))
    moved, fine = make_suggestion(), make_suggestion()
    Sku.objects.filter(pk=moved.sku_id).update(price_minor=2_111)
    answer = decide(client, moved, decision="accept")
    said = [str(message) for message in answer.context["messages"]]
    assert any("was changed in the meantime" in text for text in said)
    answer = client.post(
        reverse("admin:inventory_pricesuggestion_changelist"),
        {"action": "accept_selected", "_selected_action": [moved.pk, fine.pk]},
        headers=ENGLISH,
        follow=True,
    )
    said = [str(message) for message in answer.context["messages"]]
    assert said[-2] == "Decided on 1 proposal."
    assert "was changed in the meantime" in said[-1]
    assert Sku.objects.get(pk=fine.sku_id).price_minor == 1_800
    assert Sku.objects.get(pk=moved.sku_id).price_minor == 2_111


def test_how_a_change_turned_out_stands_on_its_page(client: Client) -> None:
    client.force_login(make_member(roles.BUYER))
    score = {
        "days": 28,
        "units_before": 100,
        "units_after": 150,
        "units_expected": 137.17,
        "within_bounds": True,
        "profit_before_minor": 120_000,
        "profit_after_minor": 150_000,
        "profit_expected_minor": 137_174,
        "shop_trend": 1.25,
        "units_change": 1.5,
        "units_change_beside_trend": 1.2,
        "sold_out_days": 0,
    }
    suggestion = make_suggestion(status="accepted", score=score)
    assert "100 → 150" in page(client, "pricesuggestion_change", suggestion.pk)
    assert "× 1.20" in page(client, "pricesuggestion_changelist")


@pytest.mark.parametrize("role", [roles.SUPPORT_AGENT, roles.CATALOGUE_EDITOR])
def test_who_may_not_decide_on_prices_changes_none(client: Client, role: str) -> None:
    client.force_login(make_member(role))
    suggestion = make_suggestion()
    plan = make_plan()
    for row in (suggestion, plan):
        assert decide(client, row, decision="accept").status_code == 403
        assert row.status == "proposed"
    assert Sku.objects.get(pk=suggestion.sku_id).price_minor == 2_000


def test_a_draft_is_priced_beside_what_is_like_it(client: Client) -> None:
    client.force_login(make_member(roles.CATALOGUE_EDITOR))
    prediction = make_prediction()
    shown = page(client, "priceprediction_change", prediction.pk)
    assert "LIKE-IT" in shown
    assert "¥10.00 … ¥20.00" in shown
    decide(client, prediction, decision="correct", correction="1450")
    assert prediction.status == "corrected"
    assert Sku.objects.get(pk=prediction.sku_id).price_minor == 1_450


def test_a_markdown_plan_is_accepted_and_stopped(client: Client) -> None:
    client.force_login(make_member(roles.BUYER))
    plan = make_plan()
    assert "¥50.00 → ¥45.00 → ¥40.00 → ¥35.00" in page(client, "markdownplan_changelist")
    assert "at most 20 % off" in page(client, "markdownplan_change", plan.pk)
    decide(client, plan, decision="accept")
    assert (plan.status, plan.state) == ("accepted", "running")
    answer = client.post(
        reverse("admin:inventory_markdownplan_changelist"),
        {"action": "stop_selected", "_selected_action": [plan.pk]},
        headers=ENGLISH,
        follow=True,
    )
    assert "Stopped 1 plan." in [str(message) for message in answer.context["messages"]]
    plan.refresh_from_db()
    assert plan.state == "stopped"


def test_a_floor_is_remembered_with_who_set_it(client: Client) -> None:
    buyer = make_member(roles.BUYER)
    client.force_login(buyer)
    sku = make_sku()
    client.post(
        reverse("admin:inventory_pricefloor_add"),
        {"sku": sku.pk, "price_minor": "1500", "reason": "brand"},
    )
    floor = PriceFloor.objects.get()
    assert (floor.sku, floor.price_minor, floor.updated_by) == (sku, 1_500, buyer)


def test_the_buyers_question_is_asked_by_filters(client: Client) -> None:
    client.force_login(make_member(roles.BUYER))
    brand = make_brand()
    for code, price, stock, expected in (
        ("FITS", 1_500, 20, 50.0),
        ("DEAR", 9_900, 20, 50.0),
        ("SLOW", 1_500, 20, 1.0),
        ("FULL", 1_500, 900, 50.0),
    ):
        sku = make_sku(code=code, product=make_product(brand=brand), price_minor=price)
        make_stock_level(sku=sku, on_hand=stock)
        make_forecast(sku=sku, units=expected)
    question = {
        "price_from": "10",
        "price_to": "20.00",
        "stock_from": "1",
        "stock_to": "100",
        "expected_from": "10",
        "product__brand__id__exact": str(brand.pk),
    }
    shown = page(client, "pricedsku_changelist", **question)
    assert "FITS" in shown
    assert not {"DEAR", "SLOW", "FULL"} & set(shown.replace("<", " ").replace(">", " ").split())
    for nonsense in ("NaN", "1e999", "abc", "", "-", "Infinity"):
        assert "FITS" in page(client, "pricedsku_changelist", price_from=nonsense)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_price_pages_stay_within_their_budget_of_queries(
    client: Client, language: str, django_assert_max_num_queries: Any
) -> None:
    client.force_login(make_member(roles.MANAGER))
    for _number in range(12):
        make_suggestion()
        make_plan()
        PriceFloor.objects.create(sku=make_sku(), price_minor=5)
    make_prediction()
    for name in ("pricesuggestion", "priceprediction", "markdownplan", "pricedsku", "pricefloor"):
        with django_assert_max_num_queries(20):
            answer = client.get(
                reverse(f"admin:inventory_{name}_changelist"),
                headers={"accept-language": language},
            )
        assert answer.status_code == 200
