"""Accepting, correcting and rejecting on staff pages."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from catalog.models import PhotoClassification
from ecomsite.backoffice import roles
from learning.models import Decision
from learning.proposal_admin import factor_rows
from support.models import ReviewClassification
from tests.backoffice.factories import make_member, make_photo_proposal, make_review_proposal
from tests.factories import make_category

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


def decide(
    client: Client, proposal: PhotoClassification | ReviewClassification, **data: str
) -> str:
    """Decide on its page; returns where the browser is sent."""
    name = proposal._meta.label_lower.replace(".", "_")
    answer = client.post(reverse(f"admin:{name}_decide", args=[proposal.pk]), data, headers=ENGLISH)
    assert answer.status_code == 302
    proposal.refresh_from_db()
    return str(answer.headers["Location"])


def test_accepting_a_photo_names_its_product_and_leaves_a_decision(client: Client) -> None:
    editor = make_member(roles.CATALOGUE_EDITOR)
    client.force_login(editor)
    category = make_category(photo_labels=["shirt"])
    proposal = make_photo_proposal(category=category)
    decide(client, proposal, decision="accept", reason="plainly a shirt")
    assert proposal.status == "accepted"
    assert proposal.reviewed_by == editor
    assert proposal.photo.product.category == category
    decision = Decision.objects.get(subject_id=proposal.pk, action="accept")
    assert (decision.user, decision.reason) == (editor, "plainly a shirt")


def test_correcting_a_photo_stores_the_label_of_the_next_training(client: Client) -> None:
    client.force_login(make_member(roles.CATALOGUE_EDITOR))
    dresses = make_category(photo_labels=["dress"])
    proposal = make_photo_proposal(category=make_category(photo_labels=["shirt"]))
    decide(client, proposal, decision="correct", correction=str(dresses.pk))
    assert proposal.status == "corrected"
    assert proposal.corrected_label == "dress"


def test_correcting_without_saying_to_what_changes_nothing(client: Client) -> None:
    client.force_login(make_member(roles.CATALOGUE_EDITOR))
    proposal = make_photo_proposal()
    for correction in ("", "999999", "shirt"):
        decide(client, proposal, decision="correct", correction=correction)
        assert proposal.status == "proposed"
    assert not Decision.objects.exists()


def test_after_a_decision_the_least_sure_proposal_opens(client: Client) -> None:
    client.force_login(make_member(roles.SUPPORT_AGENT))
    first = make_review_proposal(confidence=0.7)
    unsure = make_review_proposal(confidence=0.5)
    make_review_proposal(confidence=0.9)
    target = decide(client, first, decision="reject")
    assert target == reverse("admin:support_reviewclassification_change", args=[unsure.pk])


def test_a_second_decision_is_told_and_undoes_nothing(client: Client) -> None:
    client.force_login(make_member(roles.SUPPORT_AGENT))
    proposal = make_review_proposal()
    decide(client, proposal, decision="accept")
    answer = client.post(
        reverse("admin:support_reviewclassification_decide", args=[proposal.pk]),
        {"decision": "reject"},
        headers=ENGLISH,
        follow=True,
    )
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    assert any("has been decided already" in message for message in said)
    proposal.refresh_from_db()
    assert proposal.status == "accepted"


def test_looking_at_the_address_of_a_decision_decides_nothing(client: Client) -> None:
    client.force_login(make_member(roles.SUPPORT_AGENT))
    proposal = make_review_proposal()
    client.get(
        reverse("admin:support_reviewclassification_decide", args=[proposal.pk]),
        {"decision": "accept"},
    )
    proposal.refresh_from_db()
    assert proposal.status == "proposed"


def test_several_proposals_are_accepted_at_once_and_decided_ones_are_named(client: Client) -> None:
    client.force_login(make_member(roles.SUPPORT_AGENT))
    rows = [make_review_proposal() for _number in range(3)]
    decide(client, rows[0], decision="reject")
    answer = client.post(
        reverse("admin:support_reviewclassification_changelist"),
        {"action": "accept_selected", "_selected_action": [row.pk for row in rows]},
        headers=ENGLISH,
        follow=True,
    )
    said = [str(message) for message in answer.context["messages"]]
    assert said[-2] == "Decided on 2 proposals."
    assert "has been decided already" in said[-1]
    statuses = ReviewClassification.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["rejected", "accepted", "accepted"]


def test_a_review_shows_the_words_that_counted(client: Client) -> None:
    client.force_login(make_member(roles.SUPPORT_AGENT))
    proposal = make_review_proposal()
    page = client.get(
        reverse("admin:support_reviewclassification_change", args=[proposal.pk]), headers=ENGLISH
    ).content.decode()
    assert '<mark class="zg-mark zg-good" style="--zg-weight:1.00">lovely</mark>' in page


def test_what_a_customer_wrote_is_never_markup(client: Client) -> None:
    client.force_login(make_member(roles.SUPPORT_AGENT))
    proposal = make_review_proposal()
    proposal.review.text = "<script>alert(1)</script>"
    proposal.review.save()
    page = client.get(
        reverse("admin:support_reviewclassification_change", args=[proposal.pk])
    ).content.decode()
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_halving_pushes_as_hard_as_doubling() -> None:
    rows = factor_rows(
        {
            "unit": "factor",
            "factors": [
                {"name": "holiday", "value": 1, "direction": "down", "weight": 0.5},
                {"name": "weekday", "value": 6, "direction": "up", "weight": 2.0},
                {"name": "level", "value": 3.5, "direction": "none", "weight": 1.0},
            ],
        }
    )
    assert [row.share for row in rows] == [1.0, 1.0, 0.0]
