"""What the codes of the catalogue are called."""

from django.utils.translation import gettext_lazy as _

from learning.wording import name_codes

name_codes(
    {
        # figures
        "top3": _("right among the first three"),
        "auto_accept_coverage": _("share decided without staff"),
        "auto_accept_precision": _("accuracy where decided without staff"),
        "out_of_fold_accuracy": _("accuracy on photos held back in turn"),
        "wrong_and_sure": _("wrong and yet sure"),
        "distance_to_known_photos": _("distance from the photos it learned"),
        # anomalies
        "photo_of_another_backbone": _("photo seen by another backbone"),
        "photo_vector_not_finite": _("photo whose numbers are damaged"),
        "photo_twice_with_one_label": _("the same photo twice with one label"),
        # parameters and facts of an explanation
        "labels": _("labels"),
        "label": _("label"),
        "corrected_label": _("corrected to"),
        "category": _("category"),
        "temperature": _("temperature of the probabilities"),
        "category_confidence": _("confidence in the category"),
        "familiarity": _("likeness to what it learned"),
        "familiarity_floor": _("likeness it asks for"),
        "backbone_sha256": _("backbone"),
    }
)
