"""Who sees and does what."""

import json

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from catalog.models import Product
from ecomsite.backoffice import roles
from tests.backoffice.factories import (
    make_active_version,
    make_anomaly,
    make_member,
    make_photo_proposal,
    make_review_proposal,
)
from tests.factories import make_product, make_user

pytestmark = pytest.mark.django_db

PAGES = {
    "catalog_product": {roles.MANAGER, roles.BUYER, roles.CATALOGUE_EDITOR, roles.SUPPORT_AGENT},
    "catalog_photoclassification": {roles.MANAGER, roles.CATALOGUE_EDITOR},
    "support_review": {roles.MANAGER, roles.SUPPORT_AGENT},
    "support_reviewclassification": {roles.MANAGER, roles.SUPPORT_AGENT},
    "customers_user": {roles.MANAGER, roles.SUPPORT_AGENT},
    "inventory_purchaseorder": {roles.MANAGER, roles.BUYER},
    "inventory_supplier": {roles.MANAGER, roles.BUYER},
    "orders_order": {roles.MANAGER, roles.SUPPORT_AGENT},
    "orders_orderimport": {roles.MANAGER},
    "learning_modelversion": {roles.MANAGER},
    "learning_anomaly": {roles.MANAGER},
    "learning_decision": {roles.MANAGER},
    "backoffice_nightlyrun": {roles.MANAGER},
    "outbox_email": {roles.MANAGER, roles.SUPPORT_AGENT},
    "storefront_contactmessage": {roles.MANAGER, roles.SUPPORT_AGENT},
    "storefront_staticpage": {roles.MANAGER, roles.CATALOGUE_EDITOR},
    "inventory_stockalert": {roles.MANAGER, roles.BUYER},
    "auth_group": {roles.MANAGER},
    "django_celery_beat_periodictask": {roles.MANAGER},
}
EVERY_ROLE = sorted(roles.ROLE_TITLES)


@pytest.mark.parametrize("role", EVERY_ROLE)
@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_role_opens_its_own_lists_and_no_others(client: Client, page: str, role: str) -> None:
    client.force_login(make_member(role))
    answer = client.get(reverse(f"admin:{page}_changelist"))
    assert answer.status_code == (200 if role in PAGES[page] else 403)


@pytest.mark.parametrize("role", EVERY_ROLE)
def test_the_sidebar_leads_only_where_a_role_may_go(client: Client, role: str) -> None:
    client.force_login(make_member(role))
    sidebar = client.get(reverse("admin:index")).context["sidebar_navigation"]
    links = {str(item["link"]) for group in sidebar for item in group["items"]}
    for page, allowed in PAGES.items():
        assert (reverse(f"admin:{page}_changelist") in links) == (role in allowed), page
    assert all(client.get(link).status_code == 200 for link in links)


def test_customers_are_asked_to_log_in(client: Client) -> None:
    client.force_login(make_user())
    answer = client.get(reverse("admin:index"))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("admin:login"))


def test_a_buyer_reads_products_and_changes_none(client: Client) -> None:
    product = make_product(name_en="Cup")
    client.force_login(make_member(roles.BUYER))
    page = reverse("admin:catalog_product_change", args=[product.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"name_en": "Mug"}).status_code == 403
    assert Product.objects.filter(pk=product.pk, name_en="Cup").exists()


def test_an_agent_sees_no_photo_proposals_and_decides_on_none(client: Client) -> None:
    proposal = make_photo_proposal()
    client.force_login(make_member(roles.SUPPORT_AGENT))
    decide = reverse("admin:catalog_photoclassification_decide", args=[proposal.pk])
    assert client.post(decide, {"decision": "accept"}).status_code == 403
    proposal.refresh_from_db()
    assert proposal.status == "proposed"


def test_an_editor_publishes_no_model_and_marks_no_anomaly(client: Client) -> None:
    version = make_active_version()
    anomaly = make_anomaly()
    client.force_login(make_member(roles.CATALOGUE_EDITOR))
    for page, action, row in (
        ("learning_modelversion", "roll_back_selected", version),
        ("learning_anomaly", "mark_as_seen", anomaly),
    ):
        answer = client.post(
            reverse(f"admin:{page}_changelist"), {"action": action, "_selected_action": [row.pk]}
        )
        assert answer.status_code == 403
    anomaly.refresh_from_db()
    assert anomaly.seen_at is None


def test_a_manager_cannot_become_owner(client: Client) -> None:
    manager = make_member(roles.MANAGER)
    owner = make_user(username="owner", is_staff=True, is_superuser=True)
    client.force_login(manager)
    client.post(
        reverse("admin:customers_user_change", args=[manager.pk]),
        {
            "username": manager.username,
            "language": "en",
            "is_active": "on",
            "is_staff": "on",
            "is_superuser": "on",
        },
    )
    manager.refresh_from_db()
    assert not manager.is_superuser
    password = reverse("admin:auth_user_password_change", args=[owner.pk])
    assert client.get(password).status_code == 403


def test_each_role_sees_its_own_blocks_of_the_dashboard(client: Client) -> None:
    make_review_proposal()
    blocks = ("sales", "shortages", "drafts", "mood", "photos", "night", "models")
    expected = {
        roles.MANAGER: set(blocks),
        roles.BUYER: {"sales", "shortages", "drafts"},
        roles.CATALOGUE_EDITOR: {"photos"},
        roles.SUPPORT_AGENT: {"mood"},
    }
    for role, own in expected.items():
        client.force_login(make_member(role))
        dashboard = client.get(reverse("admin:index")).context["dashboard"]
        assert {block for block in blocks if getattr(dashboard, block) is not None} == own, role


def test_roles_are_called_by_their_names_in_both_languages(client: Client) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    page = reverse("admin:auth_group_changelist")
    english = client.get(page, headers={"accept-language": "en"}).content.decode()
    chinese = client.get(page, headers={"accept-language": "zh-hans"}).content.decode()
    assert "Catalogue editor" in english
    assert "商品编辑" in chinese


def test_permissions_and_the_scripts_that_hand_them_out_speak_chinese(client: Client) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    manager = Group.objects.get(name=roles.MANAGER)
    chinese = {"accept-language": "zh-hans"}
    page = client.get(
        reverse("admin:auth_group_change", args=[manager.pk]), headers=chinese
    ).content.decode()
    assert "商品: 修改" in page
    assert "可以发布或回滚模型" in page
    assert "Can publish" not in page
    scripts = client.get(reverse("admin:jsi18n"), headers=chinese).content.decode()
    assert json.loads(f'"{scripts.split("Choose all %s")[1].split(chr(34))[2]}"') == "选择全部%s"
