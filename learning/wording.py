"""What codes are called: metrics, checks of data, factors of explanations, stages of a run.

Rows store codes, which stay the same whoever reads them; each app says here what its own codes
are called, from the module `wording` that its staff pages import.
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_names: dict[str, str | Promise] = {}


def name_codes(names: Mapping[str, str | Promise]) -> None:
    """Add names; a code that has one already takes the new one."""
    _names.update(names)


def code_name(code: str) -> str:
    """The name of a code in the reader's language, or the code with its underscores taken out."""
    if code in _names:
        return str(_names[code])
    return code.replace("_", " ").replace(".", " · ")


name_codes(
    {
        # figures
        "accuracy": _("accuracy"),
        "macro_f1": _("macro F1"),
        "balanced_accuracy": _("balanced accuracy"),
        "auc": _("area under the ROC curve"),
        "log_loss": _("log loss"),
        "brier": _("Brier score"),
        "calibration_error": _("calibration error"),
        "coverage": _("coverage of the band"),
        "wape": _("weighted absolute error (WAPE)"),
        "mae": _("mean absolute error"),
        "bias": _("bias"),
        "wape_28d": _("weighted absolute error over 28 days (WAPE)"),
        "ndcg_at_10": _("ranking quality of ten (NDCG)"),
        "recall_at_10": _("found among ten"),
        "hit_rate_at_10": _("at least one hit among ten"),
        "coverage_at_10": _("share of products shown among ten"),
        "rows": _("rows"),
        "psi": _("population stability index"),
        # groups
        "language": _("language"),
        "zh": _("Chinese"),
        "en": _("English"),
        # stages of a training run
        "collect": _("collect"),
        "clean": _("clean"),
        "build_features": _("build features"),
        "train": _("train"),
        "evaluate": _("evaluate"),
        "gate": _("gate"),
        "register": _("register"),
        "publish": _("publish"),
        # facts of explanations, parameters and decisions
        "threshold": _("threshold"),
        "confidence": _("confidence"),
        "needs_person": _("asks staff"),
        "instead_of": _("instead of"),
        "metrics": _("figures"),
        "data_sha256": _("fingerprint of the data"),
    }
)
