"""How the shop writes: days and hours by the language, one spelling, one polite form."""

import gettext
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.utils import translation
from django.utils.formats import date_format

MOMENT = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
APPS = [path.parent for path in Path(settings.BASE_DIR).glob("*/locale")]


@pytest.mark.parametrize(
    ("language", "form", "written"),
    [
        ("en", "DATETIME_FORMAT", "24 November 2026, 14:05"),
        ("en", "DATE_FORMAT", "24 November 2026"),
        ("en", "TIME_FORMAT", "14:05"),
        ("en", "MONTH_DAY_FORMAT", "24 November"),
        ("en", "SHORT_DATETIME_FORMAT", "24 Nov 2026, 14:05"),
        ("zh-hans", "DATETIME_FORMAT", "2026年11月24日 14:05"),
        ("zh-hans", "MONTH_DAY_FORMAT", "11月24日"),
    ],
)
def test_days_and_hours_are_written_as_the_language_does(
    language: str, form: str, written: str
) -> None:
    with translation.override(language):
        assert date_format(MOMENT, form) == written


def test_the_post_of_machines_has_one_spelling() -> None:
    """What was shown once and cannot be changed any more, such as migrations, is left alone."""
    files = [
        path
        for app in APPS
        for kind in ("py", "html", "txt", "po")
        for path in app.rglob(f"*.{kind}")
        if "migrations" not in path.parts
    ]
    assert files
    assert [str(path) for path in files if re.search("e-mail", path.read_text(), re.I)] == []


def test_customers_are_addressed_politely_in_chinese() -> None:
    for app in ("storefront", "orders", "customers", "outbox", "support"):
        catalogue = Path(settings.BASE_DIR) / app / "locale/zh_Hans/LC_MESSAGES/django.po"
        said = re.sub("猜你喜欢", "", catalogue.read_text())
        assert "你" not in said, app


def test_no_other_app_says_what_customers_read() -> None:
    """Of apps that know a word, Django takes the one that is installed first."""
    catalogue = Path(settings.BASE_DIR) / "storefront/locale/zh_Hans/LC_MESSAGES/django.mo"
    with catalogue.open("rb") as file:
        own = gettext.GNUTranslations(file)
    words = {
        words
        for page in (Path(settings.BASE_DIR) / "storefront/templates").rglob("*.html")
        for words in re.findall(r'translate "([^"]+)" %}', page.read_text())
    }
    assert len(words) > 100
    with translation.override("zh-hans"):
        shown = {word: (translation.gettext(word), own.gettext(word)) for word in words}
    assert {word: pair for word, pair in shown.items() if pair[0] != pair[1]} == {}


def test_advice_on_passwords_is_as_polite_as_the_rest() -> None:
    with translation.override("zh-hans"):
        advice = password_validators_help_texts()
    assert advice
    assert "你" not in "".join(advice)
