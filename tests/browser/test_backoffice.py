"""Staff log in, look at the first page and decide on a review."""

import pytest
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import Page, expect

from support.models import ReviewClassification
from tests.backoffice.factories import make_active_version, make_night, make_review_proposal
from tests.browser.conftest import fits
from tests.factories import make_demand_day, make_user

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a long enough password"
WORDS = {
    "en-GB": {"waiting": "Waiting for your decision", "accept": "Accept", "accepted": "Accepted"},
    "zh-CN": {"waiting": "等待您决定", "accept": "采纳", "accepted": "已采纳"},
}
IS_PAINTED = """canvas => {
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.some(value => value !== 0);
}"""


def test_staff_log_in_look_around_and_decide(page: Page, language: str) -> None:
    owner = make_user(username="owner", is_staff=True, is_superuser=True)
    owner.set_password(PASSWORD)
    owner.save()
    make_demand_day(units=7)
    make_active_version(pipeline="support.review_sentiment")
    make_night()
    proposal = make_review_proposal()
    words = WORDS[language]

    with translation.override(None):
        page.goto(reverse("admin:index"))
    assert fits(page)
    page.locator("#id_username").fill("owner")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#login-form button[type=submit]").click()

    expect(page.get_by_role("heading", name=words["waiting"])).to_be_visible()
    assert fits(page)
    charts = page.locator("canvas.chart")
    assert charts.count() == 2
    for chart in charts.all():
        # A chart grows from nothing: asked in its first moments it has no pixel yet.
        page.wait_for_function(IS_PAINTED, arg=chart.element_handle())

    page.goto(reverse("admin:support_reviewclassification_change", args=[proposal.pk]))
    assert fits(page)
    expect(page.locator("mark", has_text="lovely")).to_be_visible()
    page.get_by_role("button", name=words["accept"], exact=True).click()
    expect(page.get_by_text(words["accepted"]).first).to_be_visible()
    assert ReviewClassification.objects.get().status == "accepted"
    assert fits(page)
