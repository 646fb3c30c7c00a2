import numpy as np

from recommendations.algorithms.content import ContentNeighbours, tokens, words

NAMES = [
    "Red cotton shirt",
    "Blue cotton shirt",
    "Cotton shirts",
    "Oak table",
    "红色棉布衬衫",
    "棉布裙",
]


def make_content(
    names: list[str], *, categories: list[int] | None = None, prices: list[int] | None = None
) -> ContentNeighbours:
    return ContentNeighbours(
        names=names,
        categories=categories or [-1] * len(names),
        prices=prices or [0] * len(names),
    ).fit()


def test_words_of_both_languages() -> None:
    assert words("Men's 2 pack, 红色T恤") == ["men's", "2", "pack", "t", "红色", "恤"]
    assert "shi~" in tokens("shirt")
    assert tokens("oak") == ["oak"]


def test_names_that_share_words_are_neighbours_and_say_which() -> None:
    content = make_content(NAMES)
    (of_red, of_table, of_chinese) = content.neighbours([0, 3, 4], limit=3)
    assert [each.product for each in of_red] == [1, 2]
    assert of_red[0].shared_words == ("shirt", "cotton")
    assert of_table == []
    assert [each.product for each in of_chinese] == [5]
    assert of_chinese[0].shared_words == ("棉布",)


def test_category_then_price_settle_what_names_leave_open() -> None:
    content = make_content(
        ["Mug", "Plate", "Bowl", "Spade"], categories=[1, 1, 1, 2], prices=[500, 5000, 550, 500]
    )
    (found,) = content.neighbours([0], limit=5)
    assert [each.product for each in found] == [2, 1]
    assert all(each.same_category and not each.shared_words for each in found)


def test_products_without_a_category_are_not_in_the_same_one() -> None:
    assert make_content(["Mug", "Spade"]).neighbours([0], limit=5) == [[]]


def test_likeness_of_pairs_is_the_score_of_the_neighbour() -> None:
    content = make_content(NAMES, categories=[1, 1, 2, 3, 1, 1], prices=[10, 20, 30, 0, 10, 10])
    (found,) = content.neighbours([0], limit=1)
    pair = content.likeness(np.array([0]), np.array([found[0].product]))
    assert abs(float(pair[0]) - found[0].score) < 1e-6


def test_an_empty_name_is_like_nothing() -> None:
    content = make_content(["", "", "Mug"])
    assert content.neighbours([0], limit=5) == [[]]
