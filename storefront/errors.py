"""What can go wrong on the shop's own pages."""

from django.utils.translation import gettext as _


class StorefrontError(Exception):
    """Base of every error of this app."""


class AnsweredAlreadyError(StorefrontError):
    """Raised when a message that was answered is to be answered again."""

    def __init__(self, message_id: int) -> None:
        self.message_id = message_id
        super().__init__(_("This message was answered already."))


class EmptyAnswerError(StorefrontError):
    """Raised when an answer without words is to be sent."""

    def __init__(self, message_id: int) -> None:
        self.message_id = message_id
        super().__init__(_("Please write an answer."))
