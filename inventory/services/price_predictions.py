"""Prices of products that are new to the shop: proposed from their words, decided by staff."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Count, QuerySet

from catalog.models import Category, Product, Sku
from inventory.algorithms.listing_words import Listing
from inventory.algorithms.price_prediction import PriceGuess
from inventory.models import PricePrediction
from inventory.services.price_changes import change_price, check_price, price_floors
from learning import review, serving
from learning.algorithms.explanation import Direction, Explanation, Factor
from learning.models import ModelVersion

PIPELINE: Final = "inventory.price"
BATCH: Final = 200
SWEPT_AT_ONCE: Final = 1_000
STEPS_BETWEEN: Final = 9
LANGUAGES: Final = ("en", "zh_hans")
Status = PricePrediction.ReviewStatus


def new_skus() -> QuerySet[Sku]:
    """Of drafts, and nobody has decided on their price."""
    decided = PricePrediction.objects.filter(
        status__in=[Status.ACCEPTED, Status.CORRECTED, Status.REJECTED]
    )
    skus: QuerySet[Sku] = Sku.objects.active().filter(
        product__status=Product.Status.DRAFT, currency=main_currency()
    )
    return skus.exclude(pk__in=decided.values("sku_id")).order_by("pk")


def listing_of(sku: Sku, paths: Mapping[int, tuple[str, ...]]) -> Listing:
    """What the product of a SKU says of itself, in every language; paths: of its category."""
    product = sku.product
    texts = {
        (name, language): str(getattr(owner, f"{name}_{language}") or "")
        for language in LANGUAGES
        for owner, name in ((product, "name"), (product, "description"))
    }
    variants = [str(getattr(sku, f"name_{language}") or "") for language in LANGUAGES]
    names = [
        f"{texts['name', language]} {variant}".strip()
        for language, variant in zip(LANGUAGES, variants, strict=True)
    ]
    return Listing(
        names=tuple(dict.fromkeys(name for name in names if name)),
        description=" ".join(texts["description", language] for language in LANGUAGES),
        categories=paths.get(product.category_id or 0, ()),
        brand=product.brand.slug if product.brand is not None else "",
        traits=tuple(
            (one.attribute.code, str(one.value or "")) for one in product.attributes.all()
        ),
    )


def with_words(skus: QuerySet[Sku]) -> QuerySet[Sku]:
    """With everything that a listing is made of, in a constant number of queries."""
    return skus.select_related("product__category", "product__brand").prefetch_related(
        "product__attributes__attribute"
    )


def main_currency() -> str:
    """The one that most SKUs are sold in: prices of another say nothing of these."""
    counts = Sku.objects.values("currency").annotate(n=Count("pk")).order_by("-n", "currency")
    found = counts.values_list("currency", flat=True).first()
    return str(found or settings.CURRENCY)


def category_paths() -> dict[int, tuple[str, ...]]:
    """Slugs from the top down, by category."""
    slug_of: dict[str, str] = {}
    found: dict[int, tuple[str, ...]] = {}
    for pk, path, slug in Category.objects.order_by("path").values_list("pk", "path", "slug"):
        slug_of[path] = slug
        steps = range(Category.steplen, len(path) + 1, Category.steplen)
        found[pk] = tuple(slug_of[path[:length]] for length in steps if path[:length] in slug_of)
    return found


def write_predictions(*, version: ModelVersion, model: Any) -> int:
    """Predict a price for every new SKU; returns how many. What somebody decided on stays."""
    return _predict(new_skus(), version=version, model=model)


def sweep_unpriced() -> int:
    """Predict for new SKUs that have no prediction yet; 0 until a version is published."""
    served = serving.load(PIPELINE)
    if served.version is None:
        return 0
    unpriced = new_skus().exclude(pk__in=PricePrediction.objects.values("sku_id"))
    return _predict(unpriced[:SWEPT_AT_ONCE], version=served.version, model=served.model)


def estimate_price(listing: Listing) -> PriceGuess | None:
    """What a product that is not in the shop could cost; None until a version is published."""
    guesses: list[PriceGuess] = serving.load(PIPELINE).model.predict([listing])
    return guesses[0] if guesses else None


def accept_prediction(
    *, prediction: PricePrediction, user: AbstractBaseUser, reason: str = ""
) -> PricePrediction:
    """Give the SKU the predicted price. Raises AlreadyReviewedError, PriceOutOfBoundsError."""
    _check(prediction, prediction.price_minor)
    with transaction.atomic():
        accepted = review.accept(
            prediction, user=user, proposed=_proposed(prediction), reason=reason
        )
        _set_price(accepted, prediction.price_minor, user=user, reason=reason)
    return accepted


def correct_prediction(
    *, prediction: PricePrediction, price_minor: int, user: AbstractBaseUser, reason: str = ""
) -> PricePrediction:
    """Give the SKU another price; the next version learns from it.

    Raises AlreadyReviewedError, PriceOutOfBoundsError.
    """
    _check(prediction, price_minor)
    with transaction.atomic():
        # The bounds keep the price between them in the table; what was given stands on the SKU.
        corrected = review.correct(
            prediction, user=user, proposed=_proposed(prediction), changes={}, reason=reason
        )
        _set_price(corrected, price_minor, user=user, reason=reason)
    return corrected


def reject_prediction(
    *, prediction: PricePrediction, user: AbstractBaseUser, reason: str = ""
) -> PricePrediction:
    """Leave the SKU as it is. Raises AlreadyReviewedError."""
    return review.reject(prediction, user=user, proposed=_proposed(prediction), reason=reason)


@dataclass(frozen=True, slots=True)
class ComparableSku:
    sku: Sku
    price_minor: int
    likeness: float


def comparables_of(prediction: PricePrediction) -> list[ComparableSku]:
    """What was like it when it was predicted, as far as it is still there."""
    told = prediction.explanation.get("facts", {}).get("comparables", [])
    codes = [one["sku"] for one in told]
    skus = {sku.code: sku for sku in Sku.objects.filter(code__in=codes).select_related("product")}
    return [
        ComparableSku(skus[one["sku"]], one["price_minor"], one["likeness"])
        for one in told
        if one["sku"] in skus
    ]


def other_prices(prediction: PricePrediction) -> list[int]:
    """Its bounds, steps between them, and what comparables cost; ascending."""
    told = prediction.explanation.get("facts", {}).get("comparables", [])
    spaced = np.geomspace(
        max(1, prediction.lower_minor), max(1, prediction.upper_minor), STEPS_BETWEEN
    )
    found = {round_price(price) for price in spaced.tolist()}
    found |= {int(one["price_minor"]) for one in told if one["price_minor"] > 0}
    return sorted(found - {prediction.price_minor})


def round_price(price: float) -> int:
    """With three digits that count, and never nothing."""
    step = max(1.0, 10.0 ** (np.floor(np.log10(max(price, 1.0))) - 2.0))
    return max(1, int(round(price / step) * step))


def _predict(skus: QuerySet[Sku], *, version: ModelVersion, model: Any) -> int:
    sku_ids = list(skus.values_list("pk", flat=True))
    paths = category_paths()
    for start in range(0, len(sku_ids), BATCH):
        batch = list(with_words(Sku.objects.filter(pk__in=sku_ids[start : start + BATCH])))
        guesses = model.predict([listing_of(sku, paths) for sku in batch])
        codes = _codes(guess for guess in guesses)
        for sku, guess in zip(batch, guesses, strict=True):
            _propose(sku, guess, codes, version=version)
    return len(sku_ids)


@transaction.atomic
def _propose(
    sku: Sku, guess: PriceGuess, codes: Mapping[int, str], *, version: ModelVersion
) -> None:
    price = round_price(guess.price)
    fields = {
        "price_minor": price,
        "lower_minor": min(price, round_price(guess.lower)),
        "upper_minor": max(price, round_price(guess.upper)),
        "model_version": version,
        # How near the price lies to the top of its bounds.
        "confidence": round(min(1.0, guess.price / max(guess.upper, 1e-9)), 4),
        "explanation": _explain(guess, codes).as_json(),
    }
    waiting = PricePrediction.objects.filter(sku=sku, status=Status.PROPOSED)
    if not waiting.update(**fields):
        PricePrediction.objects.bulk_create(
            [PricePrediction(sku=sku, **fields)], ignore_conflicts=True
        )


def _explain(guess: PriceGuess, codes: Mapping[int, str]) -> Explanation:
    return Explanation(
        factors=[
            Factor(
                name=word,
                value=round(factor, 4),
                direction=Direction.UP if factor > 1.0 else Direction.DOWN,
                weight=round(factor, 4),
            )
            for word, factor in guess.words
        ],
        unit="factor",
        facts={
            "typical_price_minor": round(guess.typical),
            "comparables": [
                {
                    "sku": codes[one.sku_id],
                    "price_minor": round(one.price_minor),
                    "likeness": round(one.likeness, 4),
                }
                for one in guess.comparables
                if one.sku_id in codes
            ],
        },
    )


def sku_codes(guess: PriceGuess) -> dict[int, str]:
    """Codes of the comparables that are still there."""
    return _codes([guess])


def _codes(guesses: Iterable[PriceGuess]) -> dict[int, str]:
    named = {one.sku_id for guess in guesses for one in guess.comparables}
    return dict(Sku.objects.filter(pk__in=named).values_list("pk", "code"))


def _check(prediction: PricePrediction, price_minor: int) -> None:
    floor = price_floors(sku_ids=[prediction.sku_id]).get(prediction.sku_id, 1)
    check_price(sku=prediction.sku, price_minor=price_minor, at_least=floor)


def _set_price(
    prediction: PricePrediction, price_minor: int, *, user: AbstractBaseUser, reason: str
) -> None:
    sku = Sku.objects.get(pk=prediction.sku_id)
    if sku.price_minor != price_minor:
        change_price(
            sku_id=sku.pk,
            from_minor=sku.price_minor,
            to_minor=price_minor,
            reason=reason or f"price prediction {prediction.pk}",
            user=user,
        )


def _proposed(prediction: PricePrediction) -> Mapping[str, Any]:
    return {
        "price_minor": prediction.price_minor,
        "lower_minor": prediction.lower_minor,
        "upper_minor": prediction.upper_minor,
    }
