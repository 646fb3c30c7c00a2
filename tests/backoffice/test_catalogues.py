"""Chinese is complete, and what is compiled is what was written."""

import re
import subprocess
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]")


def catalogues() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.po"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def of_this_half() -> list[Path]:
    return [path for path in catalogues() if path.relative_to(ROOT).parts[0] in OWN]


OWN = {"locale", "ecomsite", "learning", "catalog", "support", "customers"}
every_catalogue = pytest.mark.parametrize(
    "path", catalogues(), ids=lambda path: str(path.relative_to(ROOT).parents[2])
)


def test_every_app_of_this_half_has_a_catalogue() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in of_this_half()} == OWN


@every_catalogue
def test_a_catalogue_leaves_nothing_untranslated_or_guessed(path: Path) -> None:
    catalogue = polib.pofile(str(path))
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []


@every_catalogue
def test_what_is_compiled_is_what_was_written(path: Path) -> None:
    written = {
        _key(entry): _texts(entry) for entry in polib.pofile(str(path)) if not entry.obsolete
    }
    compiled = {_key(entry): _texts(entry) for entry in polib.mofile(str(path.with_suffix(".mo")))}
    assert compiled == written


@every_catalogue
def test_placeholders_survive_translation(path: Path) -> None:
    for entry in polib.pofile(str(path)):
        wanted = set(PLACEHOLDER.findall(entry.msgid))
        for text in _texts(entry):
            assert set(PLACEHOLDER.findall(text)) == wanted, entry.msgid


def _key(entry: polib.POEntry) -> tuple[str, str]:
    return (entry.msgctxt or "", entry.msgid)


def _texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
