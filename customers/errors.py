"""What can go wrong in people."""


class CustomersError(Exception):
    """Base of every error of this app."""
