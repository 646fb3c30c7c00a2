"""What the codes of reviews are called."""

from django.utils.translation import gettext_lazy as _

from learning.wording import name_codes

name_codes(
    {
        # figures
        "ece": _("calibration error"),
        "mixed_share": _("share read as mixed"),
        "decided_accuracy": _("accuracy where it decided"),
        "accepted_share": _("share that staff accepted"),
        # anomalies
        "review_in_no_known_language": _("review in a language it does not know"),
        "review_text_twice": _("the same text twice"),
        "stars_against_the_words": _("stars against the words"),
        "burst_of_complaints": _("burst of complaints about a product"),
        # parameters
        "reviews": _("reviews"),
        "min_documents": _("reviews that a word must be in"),
        "n_terms": _("words it knows"),
        "negative_below": _("negative below"),
        "positive_above": _("positive above"),
        # facts of an explanation and of a decision
        "sentiment": _("sentiment"),
        "corrected_sentiment": _("corrected to"),
        "stars": _("stars"),
        # groups
        "length": _("length"),
        "short": _("short"),
        "medium": _("medium"),
        "long": _("long"),
        "known_share": _("share of known words"),
        "language": _("language"),
        "stars_disagree": _("stars say otherwise"),
    }
)
