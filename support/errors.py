"""What can go wrong in reviews and support."""

from django.utils.translation import gettext as _


class SupportError(Exception):
    """Base of every error of this app."""


class EmptyReviewError(SupportError):
    """Raised when nothing readable is left of a review."""

    def __init__(self) -> None:
        super().__init__(_("Please write a few words."))


class ReviewTooLongError(SupportError):
    """Raised when a review's title or text is longer than the shop keeps."""

    def __init__(self, field: str, *, length: int, limit: int) -> None:
        self.field = field
        self.length = length
        self.limit = limit
        super().__init__(
            _("This has %(length)d characters; at most %(limit)d can be kept.")
            % {"length": length, "limit": limit}
        )


class StarsOutOfRangeError(SupportError):
    """Raised for a rating other than one to five stars."""

    def __init__(self, stars: int) -> None:
        self.stars = stars
        super().__init__(_("A rating has one to five stars, not %(stars)d.") % {"stars": stars})


class AlreadyReviewedProductError(SupportError):
    """Raised when a customer writes a second review of one product."""

    def __init__(self, product_code: str) -> None:
        self.product_code = product_code
        super().__init__(_("You have written a review of this product already."))


class NotYourReviewError(SupportError):
    """Raised when a customer wants to change what another one wrote."""

    def __init__(self, review_id: int) -> None:
        self.review_id = review_id
        super().__init__(_("Only who wrote a review can change it."))


class TooManyReviewPhotosError(SupportError):
    """Raised when a review would get more photos than the shop shows."""

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        super().__init__(_("A review has at most %(limit)d photos.") % {"limit": limit})


class OwnReviewVoteError(SupportError):
    """Raised when somebody votes for a review of their own."""

    def __init__(self, review_id: int) -> None:
        self.review_id = review_id
        super().__init__(_("You cannot vote for your own review."))


class ReplyTooLongError(SupportError):
    """Raised when an answer to a review is longer than the shop keeps."""

    def __init__(self, *, length: int, limit: int) -> None:
        self.length = length
        self.limit = limit
        super().__init__(
            _("This has %(length)d characters; at most %(limit)d can be kept.")
            % {"length": length, "limit": limit}
        )


class UnknownSentimentError(SupportError):
    """Raised when a review is to be called something that is no sentiment."""

    def __init__(self, sentiment: str) -> None:
        self.sentiment = sentiment
        super().__init__(_("“%(sentiment)s” is no sentiment.") % {"sentiment": sentiment})
