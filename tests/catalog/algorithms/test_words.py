"""Words as search sees them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.algorithms.document_terms import terms_of
from catalog.algorithms.sounds import sound
from catalog.algorithms.texts import Texts
from catalog.algorithms.words import (
    bigrams,
    deletions,
    distance,
    fold,
    part,
    phrase_key,
    plain_terms,
    split,
    stem,
)

WORDS = st.text(alphabet="abcdeflmnot", min_size=2, max_size=9)


def test_texts_fold_to_one_spelling() -> None:
    assert fold("龍井茶壺 Ｃａｆé") == "龙井茶壶 cafe"
    assert split("Grandma’s 「龙井」tea-pots, 100ml") == ["grandma", "龙井", "tea", "pots", "100ml"]


def test_no_character_folds_to_one_that_folds_again() -> None:
    once = fold("龍麵臺裏複鬱齣")
    assert fold(once) == once


@pytest.mark.parametrize(
    ("plural", "singular"),
    [
        ("teapots", "teapot"),
        ("glasses", "glass"),
        ("dishes", "dish"),
        ("candies", "candy"),
        ("boxes", "box"),
        ("glass", "glass"),
        ("canvas", "canva"),
        ("bus", "bus"),
        ("s", "s"),
    ],
)
def test_plurals_lose_their_ending(plural: str, singular: str) -> None:
    assert stem(plural) == singular


def test_bigrams_are_neighbours() -> None:
    assert bigrams("龙井茶") == ["龙井", "井茶"]
    assert bigrams("茶") == ["茶"]


def test_a_phrase_is_looked_up_by_its_stems() -> None:
    assert phrase_key(["tea", "pots"]) == "tea pot"
    assert phrase_key(["保温", "杯"]) == "保温杯"
    assert plain_terms("保温杯 mugs") == ("保温", "温杯", "mug")


@pytest.mark.parametrize(
    ("a", "b", "edits"),
    [
        ("teapot", "teapot", 0),
        ("teepot", "teapot", 1),
        ("teapto", "teapot", 1),
        ("tepot", "teapot", 1),
        ("celedonn", "celadon", 2),
        ("cup", "lamp", 3),
        ("a", "abcd", 3),
    ],
)
def test_distance_counts_edits_up_to_the_limit(a: str, b: str, edits: int) -> None:
    assert distance(a, b, most=2) == edits


@given(a=WORDS, b=WORDS)
def test_distance_is_the_same_both_ways(a: str, b: str) -> None:
    assert distance(a, b, most=3) == distance(b, a, most=3)


@given(word=WORDS, at=st.integers(0, 8), sign=st.sampled_from("abcxyz"))
def test_words_one_edit_apart_share_a_deletion(word: str, at: int, sign: str) -> None:
    at = min(at, len(word) - 1)
    misspelt = word[:at] + sign + word[at + 1 :]
    assert deletions(word, most=1) & deletions(misspelt, most=1)


def test_a_run_is_parted_the_cheapest_way() -> None:
    costs = {"龙井": 1.0, "茶": 1.6, "井茶": 1.0, "龙": 1.6, "茶壶": 1.0, "壶": 1.6}
    assert part("龙井茶壶", costs, longest=6, unknown=4.0) == ["龙井", "茶壶"]
    assert part("龙井鑫", costs, longest=6, unknown=4.0) == ["龙井", "鑫"]
    assert part("", costs, longest=6, unknown=4.0) == []


def test_words_that_sound_alike_have_one_sound() -> None:
    assert sound("龙井") == sound("龙京") == "long jing"
    assert sound("a") == ""


def test_terms_stand_in_the_column_of_their_text() -> None:
    terms = terms_of(
        Texts(
            names=("明前龙井", "Early Spring Longjing"),
            places=("茶与茶器",),
            traits=("马口铁罐",),
            descriptions=("有豆香。",),
        )
    )
    assert {"明前", "龙井", "前龙", "longjing", "__earlyspringlongjing"} <= set(terms.name)
    assert {"茶", "茶器"} <= set(terms.place)
    assert {"_longjing", "_mingqianlongjing", "_mqlj", "豆香"} <= set(terms.body)
    assert "longjing" in terms.words
    assert "前龙" not in terms.words
