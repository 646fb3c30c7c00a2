import pytest

from learning.algorithms.spreadsheets import plain_cell


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1-1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "'=1",
        "|calc",
        "%0A",
        "＝1+1",
    ],
)
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(text: str) -> None:
    assert plain_cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "cell"),
    [("Blue cup", "Blue cup"), (-12, "-12"), ("-3.50", "-3.50"), (None, ""), ("a=b", "a=b")],
)
def test_words_and_figures_stay_as_they_are(value: object, cell: str) -> None:
    assert plain_cell(value) == cell
