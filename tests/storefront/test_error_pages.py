"""What customers see when something is wrong."""

import pytest
from django import forms
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import translation
from django.views import defaults
from pytest_django import DjangoAssertNumQueries

from storefront.stencils import Holes, cut, stencil


@pytest.mark.django_db
def test_a_missing_page_says_so_and_asks_the_database_nothing(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        chinese = client.get("/zh-hans/nothing/")
    english = client.get("/en/nothing/")
    assert (chinese.status_code, english.status_code) == (404, 404)
    assert "这个页面不存在" in chinese.content.decode()
    assert "This page does not exist" in english.content.decode()
    assert 'action="/en/search/"' in english.content.decode()


# No database mark: asking it anything would fail the test.
def test_a_failure_speaks_both_languages_and_needs_nothing() -> None:
    answer = defaults.server_error(RequestFactory().get("/en/"))
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "抱歉，这里出错了" in page
    assert "Sorry, something went wrong" in page


def test_what_cannot_be_read_is_refused_on_a_page_of_ours() -> None:
    answer = defaults.bad_request(RequestFactory().get("/en/"), ValueError())
    assert answer.status_code == 400
    assert "Nothing was changed." in answer.content.decode()


@pytest.mark.django_db
def test_a_form_without_its_token_is_sent_back_in_words() -> None:
    answer = Client(enforce_csrf_checks=True).post(reverse("set_language"), {"language": "en"})
    assert answer.status_code == 403
    assert "Please send that once more" in answer.content.decode()


@pytest.mark.django_db
def test_the_worker_keeps_the_offline_pages_and_nothing_else(client: Client) -> None:
    answer = client.get("/sw.js")
    assert answer.headers["Content-Type"] == "text/javascript"
    assert "no-cache" in answer.headers["Cache-Control"]
    script = answer.content.decode()
    assert '{"zh-hans": "/zh-hans/offline/", "en": "/en/offline/"}' in script
    assert "/static/storefront/css/base.css" in script
    for path in ("/zh-hans/offline/", "/en/offline/"):
        page = client.get(path)
        assert page.status_code == 200
        assert "csrfmiddlewaretoken" not in page.content.decode()


def test_a_stencil_escapes_what_it_is_filled_with() -> None:
    mark = Holes()["name"]
    form = cut(f"<b>{mark}</b>")
    assert form.fill(name="<i>&") == "<b>&lt;i&gt;&amp;</b>"
    assert form.fill(name=mark) == f"<b>{mark}</b>"
    with pytest.raises(KeyError):
        form.fill(other="x")


def test_a_stencil_is_cut_for_each_language() -> None:
    shape = {"has_stock": False, "has_photo": False}
    assert "Sold out" in "".join(stencil("storefront/_card.html", **shape).parts)
    with translation.override("zh-hans"):
        assert "Sold out" not in "".join(stencil("storefront/_card.html", **shape).parts)


def test_a_field_names_its_help_and_its_error() -> None:
    class Letter(forms.Form):
        email = forms.EmailField(help_text="We answer there.")
        note = forms.CharField(required=False)

    page = render_to_string("storefront/_field.html", {"field": Letter({"email": "x"})["email"]})
    assert 'aria-describedby="id_email_helptext id_email_error"' in page
    assert 'id="id_email_helptext"' in page
    assert 'id="id_email_error"' in page
    assert 'aria-invalid="true"' in page
    assert "(optional)" in render_to_string("storefront/_field.html", {"field": Letter()["note"]})
