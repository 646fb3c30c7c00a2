"""Reviews of a person: the words go with them, and the product's rating is counted anew."""

from django.utils.translation import gettext as _

from customers.models import User
from customers.services.personal_data import Rows, as_rows, erase_rows, export_rows
from support.models import Review
from support.services.reviews import delete_reviews


def export_personal_data(user: User) -> Rows:
    return {
        _("reviews"): as_rows(Review.objects.filter(author=user)),
        **export_rows("support", user, without=("Review",)),
    }


def erase_personal_data(user: User) -> int:
    """A review is somebody's own words, and can tell who wrote it: it is removed as a whole."""
    return delete_reviews(author=user) + erase_rows("support", user, without=("Review",))
