"""Letters go to a mail server of the test."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.outbox.postbox import Postbox, free_port, open_postbox


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    with open_postbox() as opened:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = opened.port
        settings.DEFAULT_FROM_EMAIL = "Zhanggui <shop@example.org>"
        yield opened


@pytest.fixture
def no_mail_server(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = free_port()


@pytest.fixture(autouse=True)
def _letters_of_the_tests(settings: Any) -> None:
    engine = dict(settings.TEMPLATES[0])
    folder = str(settings.BASE_DIR / "tests" / "outbox" / "templates")
    settings.TEMPLATES = [{**engine, "DIRS": [*engine["DIRS"], folder]}]
