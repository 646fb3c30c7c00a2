"""Lists cost the same however many rows they have."""

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests.backoffice.factories import fill_lists
from tests.factories import make_user

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15
OWN = {"catalog", "customers", "learning", "support", "backoffice", "auth", "django_celery_beat"}


@pytest.fixture
def _owner(client: Client) -> None:
    client.force_login(make_user(username="owner", is_staff=True, is_superuser=True))


def own_models() -> list[str]:
    return sorted(
        f"{model._meta.app_label}_{model._meta.model_name}"
        for model in admin.site._registry
        if model._meta.app_label in OWN
    )


@pytest.mark.usefixtures("_owner")
def test_every_list_stays_within_its_budget_of_queries(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    fill_lists(120)
    for page in own_models():
        with django_assert_max_num_queries(MOST_QUERIES):
            answer = client.get(reverse(f"admin:{page}_changelist"))
        assert answer.status_code == 200, page


@pytest.mark.usefixtures("_owner")
def test_every_row_opens_and_every_list_can_be_searched(client: Client) -> None:
    fill_lists(2)
    for model, page in admin.site._registry.items():
        if model._meta.app_label not in OWN:
            continue
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.first()
        if row is not None:
            change = client.get(reverse(f"admin:{name}_change", args=[row.pk]))
            assert change.status_code == 200, name
        if page.search_fields:
            found = client.get(reverse(f"admin:{name}_changelist"), {"q": "cup"})
            assert found.status_code == 200, name


@pytest.mark.usefixtures("_owner")
def test_every_list_can_be_sorted_by_its_columns(client: Client) -> None:
    fill_lists(2)
    for model, page in admin.site._registry.items():
        if model._meta.app_label not in OWN:
            continue
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        for column in range(1, len(page.list_display) + 1):
            found = client.get(reverse(f"admin:{name}_changelist"), {"o": str(column)})
            assert found.status_code == 200, (name, column)
