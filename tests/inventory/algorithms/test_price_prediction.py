"""Prices of new products from their words, and what is shown of how they came about."""

from datetime import date

import numpy as np
import pytest

from inventory.algorithms.listing_words import Listing, feature_rows, times, weigh, words_of
from inventory.algorithms.price_prediction import NoPricePrediction, PricePredictionModel
from inventory.algorithms.price_prediction_evaluation import (
    figures,
    fit_group_median,
    fit_hashed_ridge,
    fit_median,
)
from inventory.algorithms.price_prediction_training import (
    PriceExamples,
    PriceSettings,
    fit_price_prediction,
    fit_words,
)

THINGS = {"cup": 900, "teapot": 4_500, "lamp": 12_000, "spoon": 300, "armchair": 80_000}
STUFFS = {"paper": 0.6, "tin": 0.8, "oak": 1.5, "silver": 3.0}
COLOURS = ("red", "blue", "green", "white", "black", "yellow")
DAY = date(2026, 1, 1).toordinal()


def make_examples(*, n: int = 240, known: int = 200, seed: int = 4) -> PriceExamples:
    """Things of stuffs in colours; thing and stuff make the price, the colour does not."""
    rng = np.random.default_rng(seed)
    listings, prices = [], []
    for _number in range(n):
        thing, stuff = rng.choice(list(THINGS)), rng.choice(list(STUFFS))
        colour = rng.choice(COLOURS)
        listings.append(
            Listing(
                names=(f"{colour} {stuff} {thing}",),
                categories=("home", f"{thing}s"),
                traits=(("stuff", str(stuff)),),
            )
        )
        prices.append(THINGS[thing] * STUFFS[stuff] * np.exp(0.1 * rng.standard_normal()))
    return PriceExamples(
        listings,
        np.arange(n) + 1,
        np.log(np.array(prices)),
        DAY + np.arange(n),
        known,
    )


def test_newer_products_are_priced_better_than_by_medians_and_as_well_as_by_words() -> None:
    examples = make_examples()
    known = examples.part(0, examples.known)
    ours = figures(fit_price_prediction(known), examples)
    assert ours["mae_log"] < 0.2
    # These names say it all, word by word: nothing can be won on counting words.
    assert ours["mae_log"] < 1.1 * figures(fit_hashed_ridge(known), examples)["mae_log"]
    assert ours["mae_log"] < figures(fit_group_median(known), examples)["mae_log"]
    assert ours["mae_log"] < figures(fit_median(known), examples)["mae_log"]
    assert 0.6 <= ours["coverage_80"] <= 1.0
    assert ours["rows"] == 40


def test_a_guess_lies_within_its_bounds_and_shows_what_is_like_it() -> None:
    examples = make_examples()
    model = fit_price_prediction(examples)
    guess = model.predict([Listing(names=("silver teapot",), categories=("home", "teapots"))])[0]
    assert guess.lower <= guess.price <= guess.upper
    likeness = [one.likeness for one in guess.comparables]
    assert likeness == sorted(likeness, reverse=True)
    places = [one.sku_id - 1 for one in guess.comparables]
    assert all("teapot" in examples.listings[place].names[0] for place in places)
    words = dict(guess.words)
    assert words["silver"] > 1.0
    assert guess.price == pytest.approx(13_500, rel=0.4)


def test_what_says_nothing_costs_what_is_typical_and_is_like_nothing() -> None:
    model = fit_price_prediction(make_examples())
    guess = model.predict([Listing(names=())])[0]
    assert guess.price == pytest.approx(guess.typical)
    assert list(guess.comparables) == []
    assert list(guess.words) == []
    assert guess.upper / guess.lower >= 1.0


def test_no_word_is_kept_in_the_file() -> None:
    data = fit_price_prediction(make_examples()).to_bytes()
    assert b"teapot" not in data
    read = PricePredictionModel.from_bytes(data)
    one = [Listing(names=("oak lamp",))]
    first, second = fit_price_prediction(make_examples()).predict(one)[0], read.predict(one)[0]
    assert second.price == pytest.approx(first.price, rel=1e-4)
    assert second.comparables[0].sku_id == first.comparables[0].sku_id


def test_case_and_plural_make_no_other_product() -> None:
    assert words_of("RED  Tin CUPS") == words_of("red tin cup") == ["red", "tin", "cup"]


def test_chinese_names_are_read_in_pairs_of_signs() -> None:
    assert words_of("红色保温杯 500ml") == ["红色", "色保", "保温", "温杯", "500ml"]
    assert words_of("杯") == ["杯"]


def test_rows_have_length_one_and_are_like_themselves() -> None:
    rows = feature_rows([Listing(names=("oak lamp",)), Listing(names=("tin cup", "锡杯"))])
    weighed = weigh(rows, np.ones(1 << 15))
    dense = np.zeros(1 << 15)
    inside = slice(int(weighed.starts[1]), int(weighed.starts[2]))
    dense[weighed.columns[inside]] = weighed.values[inside]
    likeness = times(weighed, dense)
    assert likeness[1] == pytest.approx(1.0)
    assert likeness[0] < 0.2


def test_settings_change_the_weights_and_the_same_ones_repeat_them() -> None:
    examples = make_examples(n=120, known=120)
    first = fit_words(examples, PriceSettings(0.3, 0.5))
    again = fit_words(examples, PriceSettings(0.3, 0.5))
    other = fit_words(examples, PriceSettings(1.0, 0.5))
    assert np.array_equal(first.weights, again.weights)
    assert not np.array_equal(first.weights, other.weights)


def test_before_anything_is_published_no_price_is_invented() -> None:
    assert NoPricePrediction().predict([Listing(names=("oak lamp",))]) == []
