"""The words of tables are those of `docs/glossary.md`, in both languages."""

from pathlib import Path

import pytest
from django.apps import apps
from django.utils import translation

from tests.test_architecture import RUNG_OF

GLOSSARY = Path(__file__).resolve().parent.parent / "docs" / "glossary.md"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_table_is_in_the_glossary(language: str) -> None:
    words = GLOSSARY.read_text().lower()
    with translation.override(language):
        missing = {
            model._meta.label: str(model._meta.verbose_name)
            for model in apps.get_models()
            if model._meta.app_label in RUNG_OF
            and not model.__name__.startswith("Historical")
            and str(model._meta.verbose_name).lower() not in words
        }
    assert missing == {}
