"""Item graph and people alike, as they are served and as they are measured."""

from typing import Any

import numpy as np
import pytest
from scipy import sparse

from recommendations.algorithms.histories import Sequences, held_matrix, hold_out_ends
from recommendations.algorithms.neighbours import (
    LONGEST_HISTORY,
    MOST_EVENTS,
    NeighbourModel,
    NeighbourSettings,
)
from recommendations.algorithms.neighbours_choosing import choose_neighbours
from recommendations.algorithms.neighbours_training import (
    MOST_HELD,
    bounded,
    fit_neighbours,
    neighbour_lists,
    neighbours_for,
)

PER_THEME = 10


def make_sequences(*rows: tuple[int, ...], n_products: int = 0) -> Sequences:
    return Sequences(
        products=np.array([each for row in rows for each in row], dtype=np.int64),
        starts=np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64),
        n_products=n_products or 1 + max(each for row in rows for each in row),
    )


def make_themes(*, n_people: int = 200, n_themes: int = 6, seed: int = 0) -> Sequences:
    """People who take twelve things of two themes, one theme after the other."""
    random = np.random.default_rng(seed)
    rows = []
    for _ in range(n_people):
        first, second = random.choice(n_themes, size=2, replace=False)
        rows.append(
            tuple(
                int(each) + theme * PER_THEME
                for theme in (first, second)
                for each in random.choice(PER_THEME, size=6, replace=False)
            )
        )
    return make_sequences(*rows, n_products=n_themes * PER_THEME)


def make_model(
    sequences: Sequences, *, product_ids: np.ndarray | None = None, **settings: float
) -> NeighbourModel:
    if "fading" in settings:
        settings.setdefault("graph_fading", settings["fading"])
    return fit_neighbours(
        held_matrix(sequences),
        NeighbourSettings(**settings),  # type: ignore[arg-type]
        product_ids=np.arange(sequences.n_products) if product_ids is None else product_ids,
        sequences=sequences,
    )


def test_cosine_of_a_shop_that_can_be_counted_by_hand() -> None:
    # 0 with 1 twice, with 2 once; degrees 3, 2, 2.
    sequences = make_sequences((0, 1), (0, 1), (0, 2), (2,))
    model = make_model(
        sequences, source_exponent=0.5, person_exponent=0.0, target_exponent=0.5, fading=1.0
    )
    found = model.candidates(np.array([0]), most=5)
    assert found.product_ids.tolist() == [1, 2]
    # The best counts 1, the other 1/sqrt(6) of 2/sqrt(6).
    np.testing.assert_allclose(found.scores, [1.0, 0.5], rtol=1e-6)
    assert found.because.tolist() == [0, 0]
    np.testing.assert_allclose(found.because_share, [1.0, 1.0])


def test_sharing_two_things_counts_more_than_twice_sharing_one() -> None:
    # Both who have 2 share one product with the visitor, the one with 3 shares both.
    sequences = make_sequences((0, 2), (1, 2), (0, 1, 3), n_products=4)
    found = make_model(
        sequences, people_share=1.0, rarity=0.0, breadth=0.0, sharpness=2.0, tail=0.0
    ).candidates(np.array([0, 1]), np.array([1.0, 1.0 / 0.9]), most=5)
    assert found.product_ids.tolist() == [3, 2]
    plain = make_model(
        sequences, people_share=1.0, rarity=0.0, breadth=0.0, sharpness=1.0, tail=0.0, fading=1.0
    ).candidates(np.array([0, 1]), most=5)
    np.testing.assert_allclose(plain.scores, [1.0, 1.0])


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("is_directed", [False, True])
def test_a_visitor_is_served_what_was_measured(share: float, is_directed: bool) -> None:
    sequences = make_themes()
    model = make_model(
        sequences,
        product_ids=np.arange(60) * 7 + 3,
        people_share=share,
        reach=40,
        fading=0.8,
        graph_fading=0.6,
        is_directed=is_directed,
    )
    lists = neighbour_lists(model, sequences, limit=15)
    for row in range(0, 200, 9):
        history = sequences.products[sequences.starts[row] : sequences.starts[row + 1]]
        served = model.candidates(history * 7 + 3, most=15)
        shown = lists[row][lists[row] >= 0]
        assert served.product_ids.tolist() == (shown * 7 + 3).tolist()
        assert not set(served.product_ids) & set(history * 7 + 3)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_reason_is_the_product_without_which_the_score_falls_most(share: float) -> None:
    sequences = make_themes()
    model = make_model(sequences, people_share=share, sharpness=1.0, reach=1000, fading=1.0)
    history = np.array([3, 14, 25])
    found = model.candidates(history, most=3)
    assert (found.because_share > 1 / 3 - 1e-9).all()
    assert set(found.because.tolist()) <= set(history.tolist())
    for product, because in zip(found.product_ids, found.because, strict=True):
        assert product // PER_THEME == because // PER_THEME


def test_what_came_last_counts_most() -> None:
    sequences = make_themes()
    model = make_model(sequences, people_share=0.5, fading=0.5)
    history = np.array([1, 2, 3, 31, 32, 33])
    found = model.candidates(history, most=4)
    assert set((found.product_ids // PER_THEME).tolist()) == {3}
    turned = model.candidates(history[::-1], most=4)
    assert set((turned.product_ids // PER_THEME).tolist()) == {0}


def test_repeated_and_unknown_products_and_thousands_of_events_are_taken_as_they_come() -> None:
    model = make_model(make_themes(), people_share=0.5)
    plain = model.candidates(np.array([5, 7]), most=5)
    noisy = model.candidates(np.array([7, 5, 999_999, 5, -4, 7]), most=5)
    assert noisy.product_ids.tolist() == plain.product_ids.tolist()
    long = np.concatenate([np.arange(60), np.full(50_000, 11), [5, 7]])
    assert len(model.candidates(long, most=5)) == 5
    assert LONGEST_HISTORY < MOST_EVENTS < 50_000
    assert len(model.candidates(np.array([999_999]), most=5)) == 0
    assert len(model.candidates(np.zeros(0, dtype=np.int64), most=5)) == 0
    assert len(model.candidates(np.array([5]), np.array([0.0]), most=5)) == 0


@pytest.mark.parametrize("rows", [((0,),), ((0,), (0,)), ((0, 1),)])
def test_a_shop_of_one_product_or_one_person_is_no_error(rows: tuple[tuple[int, ...], ...]) -> None:
    for share in (0.0, 0.5, 1.0):
        model = make_model(make_sequences(*rows), people_share=share)
        assert len(model.candidates(np.array([0]), most=5)) <= 1


@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_model_comes_back_from_its_bytes(share: float) -> None:
    model = make_model(make_themes(), people_share=share)
    again = NeighbourModel.from_bytes(model.to_bytes())
    assert again.settings == model.settings
    assert again.to_bytes() == model.to_bytes()
    history = np.array([3, 14])
    np.testing.assert_array_equal(
        again.candidates(history, most=9).scores, model.candidates(history, most=9).scores
    )


def test_the_choice_is_of_the_best_and_says_how_many_were_tried() -> None:
    ends = hold_out_ends(make_themes(), share=0.2)
    held, histories = held_matrix(ends.early), ends.early.of(ends.people)
    choice = choose_neighbours(held, histories, ends.late, limit=10)
    assert len(choice.tries) == 25
    assert choice.best.ndcg == max(each.ndcg for each in choice.tries)
    assert choice.chosen.ndcg <= choice.best.ndcg
    assert choice.chosen.coverage >= choice.best.coverage
    # The last two of each come of the second theme: what is new counts, what is old hardly.
    assert choice.best.settings.graph_fading < 1.0
    assert choice.best.ndcg > 0.3
    with_order = choose_neighbours(
        held, histories, ends.late, limit=10, sequences=ends.early, recent=np.arange(60.0)
    )
    assert len(with_order.tries) == 33
    assert any(each.settings.is_directed for each in with_order.tries)
    assert {each.settings.season for each in with_order.tries} == {0.0, 0.3, 0.6}


def test_a_graph_of_steps_leads_from_the_earlier_to_the_later() -> None:
    # Everybody takes 1 after 0, and 3 after 2.
    sequences = make_sequences((0, 1), (0, 1), (2, 3), (2, 3))
    model = make_model(sequences, is_directed=True)
    forward = model.candidates(np.array([0, 2]), np.array([1.0, 1.0]), most=5)
    assert forward.product_ids.tolist() == [3, 1]
    assert forward.because.tolist() == [2, 0]
    both = make_model(make_sequences((0, 1), (1, 2)), is_directed=True)
    assert both.candidates(np.array([1]), most=5).product_ids.tolist() == [2, 0]


def test_what_is_in_season_comes_before_what_sold_as_much_before_it() -> None:
    sequences = make_sequences((0, 1), (0, 2), (0, 1), (0, 2))
    model = fit_neighbours(
        held_matrix(sequences),
        NeighbourSettings(season=0.5),
        product_ids=np.arange(3),
        recent=np.array([1.0, 0.0, 9.0]),
    )
    found = model.candidates(np.array([0]), most=2)
    assert found.product_ids.tolist() == [2, 1]
    np.testing.assert_allclose(found.because_share, [1.0, 1.0])
    again = NeighbourModel.from_bytes(model.to_bytes())
    np.testing.assert_array_equal(again.candidates(np.array([0]), most=2).scores, found.scores)


def test_large_catalogues_keep_fewer_neighbours_of_each() -> None:
    assert neighbours_for(1_000) == 400
    assert neighbours_for(100_000) == 120
    assert neighbours_for(10_000_000) == 50


def test_the_ends_of_sequences_are_held_out() -> None:
    sequences = make_sequences((4, 3, 2, 1, 0), (1, 2), (3,), n_products=5)
    ends = hold_out_ends(sequences, share=0.2)
    assert ends.people.tolist() == [0, 1]
    assert ends.early.products.tolist() == [4, 3, 2, 1, 1, 3]
    assert ends.early.lengths.tolist() == [4, 1, 1]
    expected = sparse.csr_matrix(([1.0, 1.0], ([0, 1], [0, 2])), shape=(2, 5))
    assert (ends.late != expected).nnz == 0
    assert len(hold_out_ends(sequences, share=0.2, most=1).people) == 1


@pytest.mark.parametrize("chosen", [{}, {"people_share": 1.0}, {"is_directed": True}])
def test_one_who_took_everything_neither_swells_the_graph_nor_hides_the_others(
    chosen: dict[str, Any],
) -> None:
    n_products = 50_000
    crowd = [tuple(row) for row in np.split(make_themes().products, 200)]
    sequences = make_sequences(*crowd, tuple(range(n_products)), n_products=n_products)
    model = make_model(sequences, reach=40, fading=0.8, **chosen)
    assert len(model.graph.targets) <= MOST_HELD**2 + 200 * 12**2 + 20 * n_products
    found = model.candidates(np.array([11, 12, 13]), most=5)
    assert set((found.product_ids // PER_THEME).tolist()) == {1}
    everything = model.candidates(np.arange(n_products), most=5)
    assert len(everything) <= 5


def test_of_one_who_has_too_much_what_weighs_most_is_kept() -> None:
    held = sparse.csr_matrix(np.array([[0.3, 1.0, 0.3, 1.0], [0.3, 0.3, 0.0, 0.0]]))
    kept = bounded(held, most=2)
    assert kept.toarray().tolist() == [[0.0, 1.0, 0.0, 1.0], [0.3, 0.3, 0.0, 0.0]]
    assert bounded(held, most=4) is held


def test_a_choice_among_nobody_is_a_choice() -> None:
    ends = hold_out_ends(make_sequences((0,)), share=0.2)
    choice = choose_neighbours(
        held_matrix(ends.early), ends.early.of(ends.people), ends.late, sequences=ends.early
    )
    assert choice.chosen.ndcg == 0.0
