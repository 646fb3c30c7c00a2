"""How a review is cut into n-grams."""

import sys
from collections import Counter

import pytest

from support.algorithms.analyzers import (
    LANGUAGES,
    MAX_CHARACTERS,
    Language,
    analyse,
    compose,
    detect_language,
    fold,
    tokens,
    units,
)

TEXTS = [
    "",
    "   ",
    "好",
    "质量很好， 下次\n还来！",
    "买了ｉＰａｄ　Pro 很好",
    "I don't like it. It's <b>thin</b>!",
    compose("Lovely cup", "It keeps\x00 the tea warm 😀😀"),
    "İstanbul ẞ ﬁ",
    "&nbsp;<br/>a < b > c",
]


def test_chinese_is_cut_into_one_to_three_characters() -> None:
    assert Counter(analyse("很好用", "zh")) == Counter(["很", "好", "用", "很好", "好用", "很好用"])


def test_english_is_cut_into_one_and_two_words() -> None:
    assert Counter(analyse("Don’t buy, DON'T!", "en")) == Counter(
        ["don't", "buy", "don't", "!", "don't buy", "buy don't", "don't !"]
    )


def test_words_of_an_english_title_count_once_more_as_the_titles() -> None:
    grams = Counter(analyse(compose("Not good", "I hoped"), "en"))
    assert grams["not"] == 1
    assert grams["title: not"] == 1
    assert grams["title: not good"] == 1
    assert grams["good i"] == 1
    assert grams["title: good i"] == 0
    assert grams["title: i"] == 0


def test_a_title_cannot_be_forged_from_the_text() -> None:
    assert analyse(compose("", "bad\x1ecup"), "en") == ["bad", "cup", "bad cup"]


def test_full_width_forms_and_runs_of_space_are_one_and_the_same() -> None:
    assert analyse("ＡＢ　  c！", "zh") == analyse("ab c!", "zh")


def test_markup_is_no_part_of_a_review() -> None:
    assert analyse("<p class='x'>很好</p>&nbsp;", "zh") == ["很", "好", "很好"]
    assert analyse("3 < 4 and 5 > 2", "zh") == analyse("3 < 4 AND 5 > 2", "zh")
    assert "<" in analyse("3 < 4", "zh")


def test_folding_keeps_the_length_of_every_character() -> None:
    for code in range(sys.maxunicode + 1):
        assert len(fold(chr(code))) == 1, hex(code)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", TEXTS)
def test_serving_and_explaining_see_the_same_n_grams(text: str, language: Language) -> None:
    placed = list(tokens(text, language))
    assert Counter(token.text for token in placed) == Counter(analyse(text, language))
    starts = {part.start for part in units(text, language)}
    for token in placed:
        assert token.start in starts
        assert 0 <= token.start < token.end <= len(text)


def test_a_place_is_a_place_in_what_was_written() -> None:
    text = "质量 很好"
    found = {token.text: text[token.start : token.end] for token in tokens(text, "zh")}
    assert found["很好"] == "很好"
    assert found["量 很"] == "量 很"


def test_a_pasted_book_is_read_only_to_the_limit() -> None:
    assert len(fold("好" * 100_000)) == MAX_CHARACTERS


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("质量很好", "zh"),
        ("买了 iPad Pro 很好", "zh"),
        ("差评(*｀Ω*)v", "zh"),
        ("The 很好 shirt is a great buy for me", "en"),
        ("ok", "en"),
        ("", None),
        ("12345 !!!", None),
        ("😀😀👍", None),
        ("Очень хорошая чашка", None),
        ("とても良いカップです", None),
        ("아주 좋은 컵입니다", None),
    ],
)
def test_the_language_is_told_from_the_script(text: str, language: Language | None) -> None:
    assert detect_language(text) == language
