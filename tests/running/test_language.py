from pathlib import Path

import polib
import pytest

from ecomsite.running.language import LOCALE, terminal_is_chinese
from tests.running.observing import run


@pytest.mark.parametrize(
    ("environment", "chinese"),
    [
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, False),
        ({"LANGUAGE": "zh", "LANG": "en_US.UTF-8"}, True),
        ({"LANGUAGE": "", "LANG": "zh_CN.UTF-8"}, True),
        ({}, False),
    ],
)
def test_the_terminal_says_its_language(environment: dict[str, str], *, chinese: bool) -> None:
    assert terminal_is_chinese(environment) is chinese


def test_a_chinese_terminal_reads_chinese(tmp_path: Path) -> None:
    ended = run("-m", "ecomsite.running", VAR_DIR=str(tmp_path), PORT="http", LANGUAGE="zh_CN")

    assert ended.stderr == "PORT 应为 1 到 65535 之间的数字，现在是“http”。\n"


def test_every_sentence_is_translated_and_compiled() -> None:
    folder = LOCALE / "zh_Hans" / "LC_MESSAGES"
    catalogue = polib.pofile(str(folder / "django.po"))

    assert catalogue.percent_translated() == 100
    assert {entry.msgid: entry.msgstr for entry in catalogue} == {
        entry.msgid: entry.msgstr for entry in polib.mofile(str(folder / "django.mo"))
    }
