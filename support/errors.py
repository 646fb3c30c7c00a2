"""What can go wrong in reviews and support."""


class SupportError(Exception):
    """Base of every error of this app."""
