from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest
from django.conf import settings
from django.db import connection
from django.utils import translation

from catalog.algorithms.backbone import N_FEATURES
from catalog.algorithms.photo_classifier import PhotoGuess
from catalog.errors import UnknownPhotoLabelError
from catalog.models import PhotoClassification, PhotoEmbedding, ProductPhoto
from catalog.pipelines import shipped_head
from catalog.services import photo_classification, photo_labels
from catalog.services.photo_classification import (
    accept_classification,
    classify_photo,
    correct_classification,
    judge,
    reject_classification,
    unpack,
)
from learning.errors import AlreadyReviewedError
from learning.models import Decision, ModelVersion
from learning.services import publishing
from tests.catalog.factories import (
    label_category,
    make_photo,
    make_ready_photo,
    publish_head,
    publish_shipped_head,
)
from tests.factories import A_DAY, make_category, make_product, make_staff

pytestmark = pytest.mark.django_db
Status = PhotoClassification.ReviewStatus


def make_guess(*shares: tuple[str, float], is_familiar: bool = True) -> PhotoGuess:
    return PhotoGuess(
        labels=tuple(label for label, _share in shares),
        probabilities=tuple(share for _label, share in shares),
        is_sure=False,
        is_familiar=is_familiar,
        familiarity=0.9,
        heat_map=np.zeros((7, 7), dtype=np.float32),
    )


def make_classified(**fields: object) -> PhotoClassification:
    seen = classify_photo(photo=make_ready_photo(**fields))
    assert seen is not None
    return seen


def publish_head_that_sees(label: str) -> ModelVersion:
    """A head that sees one label on every photo and is sure of it."""
    head = shipped_head()
    intercept = head.intercept.copy()
    intercept[head.labels.index(label)] += 1000.0
    return publish_head(replace(head, intercept=intercept, familiarity_floor=-1.0))


def test_a_classified_photo_says_what_how_sure_why_and_by_which_version() -> None:
    version = publish_shipped_head()
    seen = make_classified()
    assert seen.model_version == version
    assert seen.status == Status.PROPOSED
    assert {seen.label, seen.runner_up_label} <= set(shipped_head().labels)
    assert seen.confidence is not None
    assert seen.runner_up_confidence is not None
    assert 0.0 <= seen.runner_up_confidence <= seen.confidence <= 1.0
    assert [factor["name"] for factor in seen.explanation["factors"]][:2] == [
        seen.label,
        seen.runner_up_label,
    ]
    with seen.heat_map.open() as overlay:
        assert overlay.read(4) == b"RIFF"
    vector = unpack(bytes(PhotoEmbedding.objects.get(photo=seen.photo).vector))
    assert vector.shape == (N_FEATURES,)
    decision = Decision.objects.get(action=Decision.Action.PROPOSE, subject_id=seen.pk)
    assert (decision.version, decision.user) == (version, None)
    assert decision.proposed["label"] == seen.label


def test_classifying_twice_changes_nothing() -> None:
    publish_shipped_head()
    seen = make_classified()
    n_files = len(list(Path(settings.MEDIA_ROOT).rglob("*.webp")))
    assert classify_photo(photo=seen.photo) == seen
    assert PhotoClassification.objects.count() == 1
    assert len(list(Path(settings.MEDIA_ROOT).rglob("*.webp"))) == n_files


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_leave_one_proposal() -> None:
    publish_shipped_head()
    photo = make_ready_photo()
    together = Barrier(2)

    def classify() -> int | None:
        try:
            together.wait(timeout=30)
            seen = classify_photo(photo=ProductPhoto.objects.get(pk=photo.pk))
            return None if seen is None else seen.pk
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as workers:
        first, second = workers.submit(classify), workers.submit(classify)
    assert first.result() == second.result()
    assert PhotoClassification.objects.get().status == Status.PROPOSED
    assert Decision.objects.filter(action=Decision.Action.PROPOSE).count() == 1


def test_a_photo_that_is_not_prepared_is_left_for_later() -> None:
    publish_shipped_head()
    assert classify_photo(photo=make_photo()) is None
    assert not PhotoClassification.objects.exists()


def test_a_photo_whose_files_are_gone_is_tried_a_few_times_only() -> None:
    publish_shipped_head()
    photo = make_ready_photo()
    for rendition in photo.renditions.values():
        photo.file.storage.delete(rendition["name"])
    assert classify_photo(photo=photo) is None
    assert ProductPhoto.objects.get().attempts == 1


def test_before_any_version_is_published_staff_are_asked() -> None:
    seen = make_classified()
    assert (seen.label, seen.model_version, seen.needs_person) == ("", None, True)


def test_an_unfamiliar_picture_asks_staff_however_confident_the_head_is() -> None:
    category = label_category(make_category(), "hat")
    sure = make_guess(("hat", 0.99), ("shoes", 0.01), is_familiar=False)
    assert judge(sure, threshold=0.8, by_label={"hat": category}).needs_person
    familiar = make_guess(("hat", 0.99), ("shoes", 0.01))
    assert not judge(familiar, threshold=0.8, by_label={"hat": category}).needs_person


def test_labels_of_one_category_count_together() -> None:
    tops, shoes = make_category(), make_category()
    guess = make_guess(("shirt", 0.5), ("t-shirt", 0.4), ("shoes", 0.1))
    by_label = {"shirt": tops, "t-shirt": tops, "shoes": shoes}
    verdict = judge(guess, threshold=0.85, by_label=by_label)
    assert verdict.category == tops
    assert verdict.category_confidence == pytest.approx(0.9)
    assert not verdict.needs_person


def test_a_label_that_means_no_category_asks_staff() -> None:
    verdict = judge(make_guess(("hat", 0.99), ("shoes", 0.01)), threshold=0.8, by_label={})
    assert (verdict.category, verdict.needs_person) == (None, True)


def test_a_sure_guess_fills_an_empty_category_and_respects_a_chosen_one() -> None:
    hats = label_category(make_category(), "hat")
    chosen = make_category()
    publish_head_that_sees("hat")
    empty, filled = make_product(), make_product(category=chosen)
    assert not make_classified(product=empty).needs_person
    make_classified(product=filled)
    empty.refresh_from_db()
    filled.refresh_from_db()
    assert (empty.category, filled.category) == (hats, chosen)


def test_rejecting_takes_back_the_category_that_nobody_chose() -> None:
    label_category(make_category(), "hat")
    publish_head_that_sees("hat")
    product = make_product()
    seen = make_classified(product=product)
    reject_classification(classification=seen, user=make_staff(), reason="it is a lamp")
    product.refresh_from_db()
    assert product.category is None
    seen.refresh_from_db()
    assert seen.status == Status.REJECTED
    decision = Decision.objects.get(action=Decision.Action.REJECT)
    assert decision.reason == "it is a lamp"


def test_correcting_moves_the_product_that_the_model_had_placed() -> None:
    label_category(make_category(), "hat")
    shoes = label_category(make_category(), "shoes")
    publish_head_that_sees("hat")
    product, user = make_product(), make_staff()
    seen = make_classified(product=product)
    corrected = correct_classification(classification=seen, user=user, category=shoes)
    product.refresh_from_db()
    assert product.category == shoes
    assert (corrected.status, corrected.corrected_label) == (Status.CORRECTED, "shoes")
    assert (corrected.final_label, corrected.label) == ("shoes", "hat")
    decision = Decision.objects.get(action=Decision.Action.CORRECT)
    assert (decision.user, decision.proposed["label"]) == (user, "hat")
    assert decision.done["corrected_label"] == "shoes"


def test_correcting_to_a_category_without_labels_makes_a_label_to_learn() -> None:
    publish_shipped_head()
    lamps = make_category(slug="lamps")
    corrected = correct_classification(
        classification=make_classified(), user=make_staff(), category=lamps
    )
    lamps.refresh_from_db()
    assert corrected.final_label == "lamps"
    assert lamps.photo_labels == ["lamps"]


def test_of_several_labels_of_a_category_the_likeliest_is_taken() -> None:
    publish_head_that_sees("hat")
    fruit = label_category(make_category(), "apple", "shoes", "banana")
    seen = make_classified()
    vector = unpack(bytes(seen.photo.embedding.vector))[None]
    head = shipped_head()
    shares = {
        label: head.logits(vector)[0, head.labels.index(label)] for label in fruit.photo_labels
    }
    corrected = correct_classification(classification=seen, user=make_staff(), category=fruit)
    assert corrected.final_label == max(shares, key=lambda label: shares[label])


def test_a_correction_must_name_something() -> None:
    publish_shipped_head()
    seen = make_classified()
    with pytest.raises(UnknownPhotoLabelError):
        correct_classification(classification=seen, user=make_staff())
    seen.refresh_from_db()
    assert seen.status == Status.PROPOSED


def test_of_two_people_who_decide_the_second_is_told() -> None:
    publish_shipped_head()
    seen = make_classified()
    accept_classification(classification=seen, user=make_staff())
    with pytest.raises(AlreadyReviewedError):
        reject_classification(classification=seen, user=make_staff())
    seen.refresh_from_db()
    assert seen.status == Status.ACCEPTED


def test_a_new_version_looks_again_only_where_nobody_has_decided() -> None:
    publish_shipped_head()
    open_one, decided = make_classified(), make_classified()
    accept_classification(classification=decided, user=make_staff())
    label = next(name for name in shipped_head().labels if name != open_one.label)
    version = publish_head_that_sees(label)
    open_one.refresh_from_db()
    decided.refresh_from_db()
    assert open_one.status == Status.SUPERSEDED
    assert decided.status == Status.ACCEPTED
    again = PhotoClassification.objects.get(photo=open_one.photo, status=Status.PROPOSED)
    assert (again.label, again.model_version) == (label, version)
    assert PhotoClassification.objects.filter(photo=decided.photo).count() == 1


def test_a_new_version_that_sees_the_same_keeps_the_row_and_signs_it() -> None:
    publish_shipped_head()
    seen = make_classified()
    version = publish_shipped_head()
    seen.refresh_from_db()
    assert (seen.status, seen.model_version) == (Status.PROPOSED, version)
    assert PhotoClassification.objects.count() == 1
    assert publishing.publish_version(version=version, as_of=A_DAY) == version
    assert PhotoClassification.objects.count() == 1


def test_what_the_old_version_placed_alone_the_new_one_may_move() -> None:
    label_category(make_category(), "hat")
    shoes = label_category(make_category(), "shoes")
    publish_head_that_sees("hat")
    product = make_product()
    make_classified(product=product)
    publish_head_that_sees("shoes")
    product.refresh_from_db()
    assert product.category == shoes


def test_every_shipped_label_has_a_name_in_both_languages() -> None:
    assert list(photo_labels.shipped_labels()) == sorted(shipped_head().labels)
    with translation.override("en"):
        assert photo_labels.label_title("t-shirt") == "T-shirt"
    with translation.override("zh-hans"):
        assert photo_labels.label_title("t-shirt") == "T恤"
        assert photo_labels.label_title("lamps") == "lamps"
        make_category(slug="lamps", name_zh_hans="灯具", name_en="Lamps")
        assert photo_labels.label_title("lamps") == "灯具"


def test_a_head_of_another_backbone_is_not_believed() -> None:
    publish_head(replace(shipped_head(), backbone_sha256="0" * 64))
    seen = make_classified()
    assert (seen.label, seen.model_version, seen.needs_person) == ("", None, True)


def test_a_vector_survives_the_database() -> None:
    vector = (np.arange(N_FEATURES) / 7).astype(np.float32)
    np.testing.assert_array_equal(unpack(photo_classification.pack(vector)), vector)
