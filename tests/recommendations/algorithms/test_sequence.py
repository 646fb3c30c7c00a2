"""What comes next, as it is served and as it is measured."""

import numpy as np
import pytest

from recommendations.algorithms.sequence import NextItemModel, SequenceSettings
from recommendations.algorithms.sequence_training import (
    FURTHEST_STEP,
    choose_sequence,
    fit_next_item,
    next_item_lists,
)
from tests.recommendations.algorithms.test_neighbours import make_sequences, make_themes

PLAIN = SequenceSettings(
    source_exponent=0.0, length_exponent=0.0, target_exponent=0.0, backward=0.0
)


def make_model(*rows: tuple[int, ...], settings: SequenceSettings = PLAIN) -> NextItemModel:
    sequences = make_sequences(*rows)
    return fit_next_item(sequences, settings, product_ids=np.arange(sequences.n_products))


def test_steps_count_by_how_near_they_are() -> None:
    model = make_model((0, 1, 2))
    found = model.candidates(np.array([0]), most=5)
    assert found.product_ids.tolist() == [1, 2]
    np.testing.assert_allclose(found.scores, [1.0, 0.5])
    assert len(model.candidates(np.array([2]), most=5)) == 0


def test_the_newest_product_counts_most_and_is_named() -> None:
    model = make_model((0, 2), (1, 3))
    found = model.candidates(np.array([0, 1]), most=5)
    assert found.product_ids.tolist() == [3, 2]
    assert found.because.tolist() == [1, 0]


def test_a_visitor_is_served_what_was_measured() -> None:
    sequences = make_themes()
    model = fit_next_item(sequences, SequenceSettings(), product_ids=np.arange(60) * 7 + 3)
    lists = next_item_lists(model, sequences, limit=10)
    for row in range(0, 200, 13):
        history = sequences.products[sequences.starts[row] : sequences.starts[row + 1]]
        served = model.candidates(history * 7 + 3, most=10)
        shown = lists[row][lists[row] >= 0]
        assert served.product_ids.tolist() == (shown * 7 + 3).tolist()


@pytest.mark.parametrize("rows", [((0,),), ((0,), (0,)), ((0, 1),)])
def test_a_shop_of_one_product_or_one_person_is_no_error(rows: tuple[tuple[int, ...], ...]) -> None:
    assert len(make_model(*rows).candidates(np.array([0]), most=5)) <= 1
    assert choose_sequence(make_sequences(*rows)).tries == 18


def test_a_robot_of_fifty_thousand_steps_adds_no_more_than_its_near_ones() -> None:
    model = make_model(tuple(range(50_000)), settings=SequenceSettings())
    assert len(model.graph.targets) <= 2 * FURTHEST_STEP * 50_000
    assert len(model.candidates(np.arange(49_000), most=5)) == 5


def test_a_model_comes_back_from_its_bytes() -> None:
    model = make_model((0, 1, 2), (2, 1))
    again = NextItemModel.from_bytes(model.to_bytes())
    assert again.settings == model.settings
    assert again.to_bytes() == model.to_bytes()
