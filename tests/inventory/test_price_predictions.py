"""Prices of drafts, predicted from their words and decided by staff."""

import numpy as np
import pytest

from catalog.models import Attribute, Product, ProductAttribute, Sku
from inventory.algorithms.listing_words import Listing
from inventory.errors import PriceOutOfBoundsError
from inventory.models import PricePrediction
from inventory.services import price_predictions
from learning.models import Decision, TrainingRun
from learning.services.training import retrain
from tests.factories import make_brand, make_category, make_product, make_sku, make_staff
from tests.inventory.factories import LAST_DAY

pytestmark = pytest.mark.django_db
THINGS = {"cup": ("杯", 900), "teapot": ("茶壶", 4_500), "lamp": ("灯", 12_000)}
STUFFS = {"tin": ("锡", 0.7), "oak": ("橡木", 1.5), "silver": ("银", 3.0)}


def make_catalogue(n: int = 90, seed: int = 6) -> None:
    rng = np.random.default_rng(seed)
    categories = {thing: make_category(slug=thing) for thing in THINGS}
    for number in range(n):
        thing, stuff = rng.choice(list(THINGS)), rng.choice(list(STUFFS))
        product = make_product(
            code=f"CAT-{number:03}",
            name_en=f"{stuff} {thing}",
            name_zh_hans=STUFFS[stuff][0] + THINGS[thing][0],
            category=categories[thing],
        )
        price = THINGS[thing][1] * STUFFS[stuff][1] * np.exp(0.05 * rng.standard_normal())
        make_sku(product=product, price_minor=round(price))


def make_draft(**fields: object) -> Sku:
    defaults = {"name_en": "Silver teapot", "name_zh_hans": "银茶壶", "status": "draft"}
    return make_sku(product=make_product(**{**defaults, **fields}), price_minor=1)


def learn() -> TrainingRun:
    run = retrain("inventory.price", as_of=LAST_DAY)
    if run.status == TrainingRun.Status.REJECTED:
        gates = run.version.gates.filter(passed=False)
        pytest.fail(str(list(gates.values_list("metric", "reference", "value", "bound"))))
    return run


def test_a_draft_gets_a_price_with_bounds_and_comparables() -> None:
    make_catalogue()
    draft = make_draft()
    assert learn().status == TrainingRun.Status.PUBLISHED
    prediction = PricePrediction.objects.get()
    assert prediction.sku == draft
    assert prediction.price_minor == pytest.approx(13_500, rel=0.3)
    assert prediction.lower_minor <= prediction.price_minor <= prediction.upper_minor
    comparables = prediction.explanation["facts"]["comparables"]
    assert comparables[0]["likeness"] > 0.5
    named = Sku.objects.get(code=comparables[0]["sku"])
    assert str(named.product) == "silver teapot"
    assert comparables[0]["price_minor"] == named.price_minor
    words = {one["name"]: one["weight"] for one in prediction.explanation["factors"]}
    assert words["silver"] > 1.0


def test_a_chinese_name_alone_is_enough() -> None:
    make_catalogue()
    learn()
    guess = price_predictions.estimate_price(Listing(names=("银茶壶",)))
    assert guess is not None
    assert guess.price == pytest.approx(13_500, rel=0.4)


def test_a_shop_with_few_products_predicts_nothing() -> None:
    make_catalogue(n=20)
    make_draft()
    run = learn()
    assert run.status == TrainingRun.Status.NOT_ENOUGH_DATA
    assert price_predictions.sweep_unpriced() == 0
    assert price_predictions.estimate_price(Listing(names=("cup",))) is None
    assert not PricePrediction.objects.exists()


def test_free_and_nameless_products_teach_nothing_and_are_reported() -> None:
    make_catalogue()
    make_sku(price_minor=0)
    make_sku(product=make_product(name_en="", name_zh_hans=""))
    found = {one.check_name: one.rows for one in learn().anomalies.all()}
    assert found == {"no price": 1, "no name": 1}


def test_a_draft_made_by_day_is_priced_by_the_sweep_once() -> None:
    make_catalogue()
    learn()
    make_draft()
    assert price_predictions.sweep_unpriced() == 1
    assert price_predictions.sweep_unpriced() == 0


def test_learning_again_replaces_what_waits_and_keeps_what_was_decided() -> None:
    make_catalogue()
    waiting, decided = make_draft(), make_draft()
    learn()
    prediction = PricePrediction.objects.get(sku=decided)
    price_predictions.reject_prediction(prediction=prediction, user=make_staff())
    before = PricePrediction.objects.get(sku=waiting).pk
    learn()
    versions = PricePrediction.objects.values_list("pk", "model_version__number")
    assert versions.get(sku=waiting) == (before, 2)
    assert versions.get(sku=decided)[1] == 1


def test_accepting_gives_the_draft_its_price_with_history() -> None:
    make_catalogue()
    draft = make_draft()
    learn()
    prediction = PricePrediction.objects.get()
    editor = make_staff()
    price_predictions.accept_prediction(prediction=prediction, user=editor)
    draft.refresh_from_db()
    assert draft.price_minor == prediction.price_minor
    newest = draft.history.first()  # type: ignore[attr-defined]  # by simple_history
    assert newest.history_user == editor
    assert Decision.objects.get(action="accept").proposed["price_minor"] == prediction.price_minor


def test_staff_may_give_a_price_outside_the_bounds_but_none_at_nothing() -> None:
    make_catalogue()
    draft = make_draft()
    learn()
    prediction = PricePrediction.objects.get()
    for typed in (0, -1):
        with pytest.raises(PriceOutOfBoundsError):
            price_predictions.correct_prediction(
                prediction=prediction, price_minor=typed, user=make_staff()
            )
    price_predictions.correct_prediction(
        prediction=prediction, price_minor=99_999, user=make_staff()
    )
    draft.refresh_from_db()
    assert draft.price_minor == 99_999
    prediction.refresh_from_db()
    assert prediction.status == "corrected"


def test_a_listing_holds_every_language_category_brand_and_attributes() -> None:
    parent = make_category(slug="home")
    child = parent.add_child(name_en="Pots", name_zh_hans="壶", slug="pots")
    product = make_product(
        name_en="Oak pot", name_zh_hans="橡木壶", category=child, brand=make_brand(slug="acme")
    )
    stuff = Attribute.objects.create(code="stuff", name="stuff")
    ProductAttribute.objects.create(product=product, attribute=stuff, value="Oak")
    sku = make_sku(product=product, name="small")
    fresh = price_predictions.with_words(Sku.objects.filter(pk=sku.pk)).get()
    listing = price_predictions.listing_of(fresh, price_predictions.category_paths())
    assert listing.names[0].startswith("Oak pot")
    assert "橡木壶" in listing.names[1]
    assert listing.categories == ("home", "pots")
    assert (listing.brand, listing.traits) == ("acme", (("stuff", "Oak"),))


def test_prices_are_rounded_to_three_digits_that_count() -> None:
    assert [price_predictions.round_price(price) for price in (0.2, 7.4, 1_234.0, 98_765.0)] == [
        1,
        7,
        1_230,
        98_800,
    ]


def test_a_deleted_draft_takes_its_prediction_along() -> None:
    make_catalogue()
    draft = make_draft()
    learn()
    Product.objects.filter(pk=draft.product_id).delete()
    assert not PricePrediction.objects.exists()
    assert learn().status == TrainingRun.Status.PUBLISHED
