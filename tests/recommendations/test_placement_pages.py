"""Staff pages of placements: setting up, looking over a shoulder, reading what they brought."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from customers.models import User
from customers.services.consents import record_consents
from ecomsite.backoffice import roles
from learning.models import Decision
from recommendations.models import Placement, PlacementDay, PlacementRule
from tests.factories import make_staff, make_user
from tests.recommendations.factories import make_product_to_sell, make_similar
from tests.recommendations.test_placements import buy, settle

pytestmark = pytest.mark.django_db
PREVIEW = "admin:recommendations_placement_preview"
FIGURES = "admin:recommendations_placement_figures"


@pytest.fixture
def manager(client: Client) -> User:
    staff = make_staff()
    staff.groups.add(Group.objects.get(name=roles.MANAGER))
    client.force_login(staff)
    return staff


def form_of(placement: Placement, **changed: Any) -> dict[str, Any]:
    rows = list(placement.recommenders.all())
    told: dict[str, Any] = {
        "is_on": "on",
        "limit": placement.limit,
        "fewest": placement.fewest,
        "diversity": placement.diversity,
        "brand_cap": placement.brand_cap,
        "category_cap": placement.category_cap,
        "not_bought_days": placement.not_bought_days,
        "exploration": placement.exploration,
        "margin": 0,
        "only_in_stock": "on",
        "brands_are": "only",
        "categories_are": "only",
        "recommenders-TOTAL_FORMS": len(rows),
        "recommenders-INITIAL_FORMS": len(rows),
    }
    for at, row in enumerate(rows):
        told |= {
            f"recommenders-{at}-id": row.pk,
            f"recommenders-{at}-placement": placement.pk,
            f"recommenders-{at}-recommender": row.recommender,
            f"recommenders-{at}-weight": row.weight,
            f"recommenders-{at}-position": row.position,
        }
        if row.is_fallback:
            told[f"recommenders-{at}-is_fallback"] = "on"
    return {**told, **changed}


def change(client: Client, placement: Placement, **changed: Any) -> Any:
    address = reverse("admin:recommendations_placement_change", args=[placement.pk])
    assert client.get(address).status_code == 200
    return client.post(address, form_of(placement, **changed))


def test_a_change_of_a_placement_is_logged_with_what_it_was(client: Client, manager: User) -> None:
    placement = Placement.objects.get(code="home.guess_you_like")
    answer = change(client, placement, limit=6, **{"recommenders-0-weight": "2.5"})
    assert answer.status_code == 302
    placement.refresh_from_db()
    assert placement.limit == 6
    decision = Decision.objects.get()
    assert (decision.user, decision.proposed["limit"], decision.done["limit"]) == (manager, 8, 6)
    assert decision.done["mix"]["next_item"] == 2.5
    # Boxes that were not ticked are among what changed.
    assert decision.done["not_in_cart"] is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 0},
        {"limit": 25},
        {"limit": 3, "fewest": 4},
        {"diversity": 1.1},
        {"exploration": 0.5},
        {"margin": 1.5},
        {"price_min_minor": "9.00", "price_max_minor": "8.99"},
        {"price_from_percent": 200, "price_to_percent": 50},
        {"recommenders-0-weight": "11"},
    ],
)
def test_settings_that_make_no_sense_are_refused(
    client: Client, manager: User, wrong: dict[str, Any]
) -> None:
    placement = Placement.objects.get(code="home.guess_you_like")
    assert change(client, placement, **wrong).status_code == 200
    assert not Decision.objects.exists()


def test_the_list_of_placements_costs_the_same_whatever_was_measured(
    client: Client, manager: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    address = reverse("admin:recommendations_placement_changelist")
    page = client.get(address).content.decode()
    assert "home.guess_you_like" in page
    for number in range(30):
        PlacementDay.objects.create(
            day=timezone.localdate(), placement="home.trending", source=f"m:{number}", impressions=9
        )
    with django_assert_max_num_queries(12):
        client.get(address)


def test_staff_see_what_a_customer_would_see_and_what_was_left_out(
    client: Client, manager: User
) -> None:
    customer = make_user(username="lin")
    lamp = make_product_to_sell(code="LAMP", name_en="Lamp")
    bulb, shade = make_product_to_sell(name_en="Bulb"), make_product_to_sell(name_en="Shade")
    gone = make_product_to_sell(name_en="Gone", has_stock=False)
    for other in (bulb, gone, shade):
        make_similar(lamp, other)
    third = make_product_to_sell(name_en="Third")
    make_similar(lamp, third)
    buy(customer, lamp, days_ago=3)
    query = {"placement": "home.guess_you_like", "customer": "lin"}
    refused = client.get(reverse(PREVIEW), query).content.decode()
    assert "does not allow" in refused
    assert "Because you bought" not in refused
    record_consents(user=customer, wanted={"personalisation": True})
    page = client.get(reverse(PREVIEW), query).content.decode()
    assert "Because you bought “Lamp”." in page
    assert "sold out" in page.split("Left out")[1]
    assert "Gone" in page.split("Left out")[1]
    assert not Decision.objects.exists()


def test_a_visit_of_somebody_unknown_is_told_by_codes(client: Client, manager: User) -> None:
    lamp, bulb = make_product_to_sell(code="LAMP"), make_product_to_sell(name_en="Bulb")
    make_similar(lamp, bulb)
    query = {"placement": "product.similar", "product": "LAMP"}
    assert "Bulb" in client.get(reverse(PREVIEW), query).content.decode()
    for wrong in ({"viewed": "NO-SUCH"}, {"customer": "nobody"}, {"placement": "nowhere"}):
        page = client.get(reverse(PREVIEW), {**query, **wrong}).content.decode()
        assert "zg-bad" in page
        assert "Bulb" not in page


def test_who_may_not_see_customers_may_not_look_over_their_shoulder(client: Client) -> None:
    editor = make_staff()
    editor.groups.add(Group.objects.get(name=roles.CATALOGUE_EDITOR))
    client.force_login(editor)
    make_user(username="lin")
    page = client.get(
        reverse(PREVIEW), {"placement": "home.buy_again", "customer": "lin"}
    ).content.decode()
    assert 'name="customer"' not in page
    client.force_login(make_staff())
    for name in (PREVIEW, FIGURES):
        assert client.get(reverse(name)).status_code == 403


def test_figures_are_told_with_their_interval_and_not_of_too_few(
    client: Client, manager: User
) -> None:
    assert "Not enough data" in client.get(reverse(FIGURES)).content.decode()
    today = timezone.localdate()
    PlacementDay.objects.create(
        day=today,
        placement="home.trending",
        source="branch:trending",
        impressions=1000,
        clicks=50,
        purchases=7,
    )
    PlacementDay.objects.create(
        day=today, placement="home.buy_again", source="branch:repeat", impressions=99, clicks=9
    )
    page = client.get(reverse(FIGURES)).content.decode()
    assert "5.0 %" in page
    assert "3.8 % – 6.5 %" in page
    assert "9.1 %" not in page
    answer: Any = client.get(reverse(FIGURES), {"export": "csv"})
    told = b"".join(answer.streaming_content).decode()
    assert "home.trending,branch:trending,1000,50,0.05," in told


def test_a_product_is_banned_and_let_go_again_with_a_line_in_the_log(
    client: Client, manager: User
) -> None:
    page_of, other = make_product_to_sell(), make_product_to_sell()
    make_similar(page_of, other)
    answer = client.post(
        reverse("admin:recommendations_placementrule_add"),
        {"product": other.pk, "kind": "ban", "placement": "", "reason": "recalled"},
    )
    assert answer.status_code == 302
    rule = PlacementRule.objects.get()
    assert (rule.created_by, rule.placement) == (manager, None)
    settle()
    client.post(
        reverse("admin:recommendations_placementrule_delete", args=[rule.pk]), {"post": "yes"}
    )
    assert not PlacementRule.objects.exists()
    assert list(Decision.objects.order_by("pk").values_list("action", flat=True)) == [
        "reject",
        "cancel",
    ]
