"""What codes of groups, look-alikes and fairness are called."""

from django.utils.translation import gettext_lazy as _

from learning.wording import name_codes

name_codes(
    {
        # steps of a night and what they count
        "score_rfm": _("score recency, frequency and money"),
        "refresh_segments": _("find who is in which segment"),
        "measure_fairness": _("measure fairness by group"),
        "customers": _("customers"),
        "segments": _("segments"),
        "grouped": _("customers put into groups"),
        # figures
        "explained_share": _("share of the differences explained"),
        "found_again": _("found again among others (adjusted Rand)"),
        "smallest_share": _("share of the smallest group"),
        "distance_to_group": _("distance to the own group"),
        "auc_baseline": _("area under the ROC curve of the baseline"),
        "auc_gain_low": _("gain in area under the curve, lower end"),
        "auc_gain_high": _("gain in area under the curve, upper end"),
        # features
        "recency": _("days since the last order"),
        "tenure": _("days since the first order"),
        "spend": _("money spent"),
        "basket": _("money an order"),
        "returns": _("returns"),
        "reviews": _("reviews"),
        "views": _("products looked at in 30 days"),
        "cart_adds": _("put into the cart in 30 days"),
        "searches": _("searches in 30 days"),
        "category": _("category"),
        "region": _("region"),
        "segment": _("segment"),
        # parameters and facts
        "groups": _("groups"),
        "stability": _("agreement of halves (adjusted Rand)"),
        "shares": _("share of customers by group"),
        "tried": _("tried"),
        "category_weight": _("weight of categories"),
        "method": _("learned by"),
        "logistic": _("logistic regression"),
        "svm": _("linear support vector machine"),
        "strength": _("strength of the fit (C)"),
        "validation_auc": _("area under the curve in validation"),
        "validation_auc_of_other": _("the same of the other method"),
        "members": _("customers learned from"),
        "left_out": _("left out because the rule tells it"),
        # fairness
        "share_in_segment": _("share that is in it"),
        "sent_promptly": _("orders sent within 3 days"),
        "orders_cancelled": _("orders cancelled"),
        "returns_refused": _("returns refused"),
        "reviews_answered": _("reviews answered"),
        "share_of_small_brands": _("share of small brands"),
    }
)
