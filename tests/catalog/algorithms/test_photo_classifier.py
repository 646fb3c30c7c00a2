from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from catalog.algorithms import backbone, photo_figures
from catalog.algorithms.backbone import DamagedBackboneError, load_backbone
from catalog.algorithms.photo_classifier import (
    NoPhotoClassifier,
    PhotoClassifier,
    softmax,
)
from catalog.algorithms.photo_classifier_training import (
    Head,
    LabelledEmbeddings,
    accept_threshold,
    fit_softmax,
    fit_temperature,
    look_alike_groups,
    standardise,
    train_photo_classifier,
    unstandardise,
)
from tests.catalog.algorithms.pictures import make_half_and_half, make_picture

SHIPPED = backbone.ARTEFACT.parent / "photo_category"


def make_blobs(
    n_each: int = 60, n_labels: int = 3, spread: float = 0.35, seed: int = 0
) -> LabelledEmbeddings:
    """Vectors around one direction per label, ten to a group."""
    rng = np.random.default_rng(seed)
    centres = np.abs(rng.normal(size=(n_labels, backbone.N_FEATURES)))
    vectors, labels, groups = [], [], []
    for number, centre in enumerate(centres):
        for row in range(n_each):
            vectors.append(centre + spread * 3 * rng.normal(size=backbone.N_FEATURES))
            labels.append(f"label-{number}")
            groups.append(f"{number}-{row // 10}")
    return LabelledEmbeddings(
        np.array(vectors, dtype=np.float32), np.array(labels), np.array(groups)
    )


def shipped_head() -> PhotoClassifier:
    return PhotoClassifier.from_bytes((SHIPPED / "head.npz").read_bytes())


def test_the_backbone_gives_a_vector_that_is_the_mean_of_its_map() -> None:
    features = load_backbone().features(make_picture())
    assert features.embedding.shape == (backbone.N_FEATURES,)
    assert features.feature_map.shape == (backbone.N_FEATURES, 7, 7)
    np.testing.assert_allclose(
        features.embedding, features.feature_map.mean(axis=(1, 2)), atol=1e-5
    )


def test_the_backbone_answers_the_same_twice_and_differs_between_pictures() -> None:
    one = load_backbone().features(make_picture(seed=1)).embedding
    again = load_backbone().features(make_picture(seed=1)).embedding
    other = load_backbone().features(make_half_and_half()).embedding
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.1


def test_a_swapped_backbone_is_refused_before_it_is_loaded(tmp_path: Path) -> None:
    content = bytearray(backbone.ARTEFACT.read_bytes())
    content[1_000_000] ^= 1
    swapped = tmp_path / "b.onnx"
    swapped.write_bytes(bytes(content))
    (tmp_path / "b.json").write_bytes(backbone.ARTEFACT.with_suffix(".json").read_bytes())
    with pytest.raises(DamagedBackboneError):
        backbone.Backbone(swapped)


def test_what_ships_fits_together_and_is_small() -> None:
    head = shipped_head()
    assert head.backbone_sha256 == load_backbone().sha256
    assert len(head.labels) == 53
    assert {"t-shirt", "dress", "apple", "milk"} <= set(head.labels)
    files = [path for path in backbone.ARTEFACT.parent.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 6 * 1024 * 1024


def test_the_heat_map_adds_up_to_the_logit() -> None:
    head = shipped_head()
    for seed in range(3):
        features = load_backbone().features(make_picture(seed=seed))
        guess = head.predict(features)
        number = head.labels.index(guess.label)
        logit = head.logits(features.embedding[None])[0, number]
        assert abs(head.intercept[number] + guess.heat_map.mean() - logit) < 1e-3


def test_covering_where_it_looked_lowers_the_label_more_than_covering_elsewhere() -> None:
    head = shipped_head()
    features = load_backbone().features(make_picture(seed=5))
    guess = head.predict(features)
    hot = np.unravel_index(guess.heat_map.argmax(), (7, 7))
    cold = np.unravel_index(guess.heat_map.argmin(), (7, 7))
    number = head.labels.index(guess.label)

    def logit_without(cell: tuple[np.intp, ...]) -> float:
        covered = features.feature_map.copy()
        covered[:, cell[0], cell[1]] = 0.0
        return float(head.logits(covered.mean(axis=(1, 2))[None])[0, number])

    assert logit_without(hot) < logit_without(cold)


def test_a_colour_field_is_nothing_it_knows_so_it_is_not_sure() -> None:
    guess = shipped_head().predict(load_backbone().features(make_picture(seed=2)))
    assert not guess.is_familiar
    assert not guess.is_sure


def test_only_a_familiar_photo_with_enough_confidence_is_sure() -> None:
    features = load_backbone().features(make_picture())
    fearless = replace(shipped_head(), threshold=0.0, familiarity_floor=-1.0)
    assert fearless.predict(features).is_sure
    assert not replace(fearless, familiarity_floor=1.01).predict(features).is_sure
    assert not replace(fearless, threshold=1.01).predict(features).is_sure


def test_probabilities_are_ordered_and_sum_to_one() -> None:
    guess = shipped_head().predict(load_backbone().features(make_picture()))
    assert list(guess.probabilities) == sorted(guess.probabilities, reverse=True)
    assert sum(guess.probabilities) == pytest.approx(1.0)
    explanation = shipped_head().explain(guess).as_json()
    assert [factor["name"] for factor in explanation["factors"]] == list(guess.labels[:3])


def test_a_head_survives_its_file() -> None:
    model = train_photo_classifier(make_blobs(), strength=0.01, backbone_sha256="abc")
    again = PhotoClassifier.from_bytes(model.to_bytes())
    vectors = make_blobs(seed=9).embeddings
    np.testing.assert_array_equal(model.predict_proba(vectors), again.predict_proba(vectors))
    assert (again.labels, again.threshold, again.backbone_sha256) == (
        model.labels,
        model.threshold,
        "abc",
    )


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no", b"\x80\x04pickle"])
def test_a_file_that_is_no_head_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="head"):
        PhotoClassifier.from_bytes(data)


def test_without_a_published_version_nothing_is_named() -> None:
    guess = NoPhotoClassifier().predict(load_backbone().features(make_picture()))
    assert (guess.label, guess.confidence, guess.is_sure) == ("", 0.0, False)


def test_without_a_prior_the_head_is_scikit_learns_logistic_regression() -> None:
    rows = make_blobs(n_each=30, spread=2.0)
    features = rows.embeddings[:, :20]
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    labels, truth = np.unique(rows.labels, return_inverse=True)
    ours = fit_softmax(features, truth, n_labels=len(labels), strength=0.1, max_iterations=2000)
    theirs = LogisticRegression(C=0.1, tol=1e-8, max_iter=5000).fit(features, truth)
    np.testing.assert_allclose(
        softmax(features @ ours.weights.T + ours.intercept),
        theirs.predict_proba(features),
        atol=0.01,
    )


def test_with_few_rows_the_prior_prevails_and_with_many_it_yields() -> None:
    prior = Head(np.array([[1.0, 0.0], [-1.0, 0.0]]), np.zeros(2))
    # What the shop says is the opposite of the prior.
    one_row = fit_softmax(
        np.array([[1.0, 0.0]]), np.array([1]), n_labels=2, strength=0.1, prior=prior
    )
    many = fit_softmax(
        np.tile([[1.0, 0.0], [-1.0, 0.0]], (200, 1)),
        np.tile([1, 0], 200),
        n_labels=2,
        strength=0.1,
        prior=prior,
    )
    assert one_row.weights[0, 0] > one_row.weights[1, 0]
    assert many.weights[0, 0] < many.weights[1, 0]
    none = fit_softmax(
        np.empty((0, 2)), np.empty(0, dtype=int), n_labels=2, strength=0.1, prior=prior
    )
    np.testing.assert_allclose(none.weights, prior.weights)


def test_fewer_photos_than_features_give_the_same_head_as_the_long_way() -> None:
    rng = np.random.default_rng(4)
    few = rng.normal(size=(30, 12))
    truth = rng.integers(0, 3, size=30)
    prior = Head(rng.normal(size=(3, 12)), rng.normal(size=3))
    # Features that are always zero change nothing, but make the photos the smaller side.
    wide = np.concatenate([few, np.zeros((30, 40))], axis=1)
    wide_prior = Head(np.concatenate([prior.weights, np.zeros((3, 40))], axis=1), prior.intercept)
    one = fit_softmax(few, truth, n_labels=3, strength=0.5, prior=prior)
    other = fit_softmax(wide, truth, n_labels=3, strength=0.5, prior=wide_prior)
    np.testing.assert_allclose(other.weights[:, :12], one.weights, atol=1e-3)
    np.testing.assert_allclose(other.weights[:, 12:], 0.0, atol=1e-9)
    np.testing.assert_allclose(other.intercept, one.intercept, atol=1e-3)


def test_standard_units_and_back() -> None:
    model = train_photo_classifier(make_blobs(), strength=0.01, backbone_sha256="abc")
    weights, intercept = unstandardise(standardise(model), model.mean, model.scale)
    np.testing.assert_allclose(weights, model.weights, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(intercept, model.intercept, rtol=1e-3, atol=1e-3)


def test_photos_of_one_scene_share_a_group_and_labels_never_mix() -> None:
    vectors = np.array([[1, 0], [0.99, 0.1], [0, 1], [1, 0]], dtype=np.float32)
    groups = look_alike_groups(vectors, np.array(["a", "a", "a", "b"]))
    assert groups[0] == groups[1]
    assert len({groups[0], groups[2], groups[3]}) == 3


def test_the_temperature_of_an_overconfident_model_is_high() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 3)) * 2
    truth = np.array([rng.choice(3, p=softmax(row)) for row in logits])
    assert fit_temperature(logits, truth) == pytest.approx(1.0, abs=0.08)
    assert fit_temperature(logits * 3, truth) == pytest.approx(3.0, abs=0.25)


def test_the_threshold_keeps_its_promise_with_a_margin() -> None:
    confidence = np.linspace(1.0, 0.0, 1000)
    is_right = np.ones(1000, dtype=bool)
    is_right[500:] = False
    threshold = accept_threshold(confidence, is_right)
    kept = confidence >= threshold
    # Of n kept, 500 right: the lower bound meets .95 before the plain precision does.
    assert 500 <= kept.sum() < 526
    assert is_right[kept].mean() > 0.95


def test_nothing_is_accepted_when_the_promise_is_out_of_reach() -> None:
    coin = np.tile([True, False], 200)
    assert accept_threshold(np.linspace(1, 0, 400), coin) > 1.0
    assert accept_threshold(np.ones(20), np.ones(20, dtype=bool)) > 1.0


def test_training_names_well_separated_labels_in_unseen_groups() -> None:
    model = train_photo_classifier(make_blobs(), strength=0.01, backbone_sha256="abc")
    assert model.notes["out_of_fold_accuracy"] == 1.0
    # The same directions, other photos.
    rng = np.random.default_rng(42)
    rows = make_blobs()
    noisy = rows.embeddings + 0.1 * rng.normal(size=rows.embeddings.shape).astype(np.float32)
    guessed = np.array(model.labels)[model.predict_proba(noisy).argmax(axis=1)]
    assert (guessed == rows.labels).all()


def test_figures_worked_out_by_hand() -> None:
    probabilities = np.array([[0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.2, 0.7, 0.1], [0.3, 0.3, 0.4]])
    truth = np.array([0, 1, 1, -1])
    found = photo_figures.figures(probabilities, truth, np.array([True, False, True, False]))
    assert found["accuracy"] == 0.5
    assert found["auto_accept_coverage"] == 0.5
    assert found["auto_accept_precision"] == 1.0
    assert found["top3"] == 0.75
    # Label 0: 1 hit of 2 guessed and 1 true; label 1: 1 hit of 1 and 2; the unknown one: none.
    assert found["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)


def test_an_honest_forecaster_has_no_calibration_error() -> None:
    confidence = np.repeat([0.25, 0.75], 100)
    is_right = np.concatenate([np.arange(100) < 25, np.arange(100) < 75])
    assert photo_figures.calibration_error(confidence, is_right) == pytest.approx(0.0)
    assert photo_figures.calibration_error(confidence, ~is_right) == pytest.approx(0.5)


def test_the_nearest_histogram_is_the_same_colours() -> None:
    red = photo_figures.colour_histogram(make_half_and_half().crop((0, 0, 100, 100)))
    blue = photo_figures.colour_histogram(make_half_and_half().crop((300, 0, 400, 100)))
    answer = photo_figures.nearest_label(np.stack([red, blue]), ["red", "blue"], np.stack([blue]))
    assert list(answer) == ["blue"]
