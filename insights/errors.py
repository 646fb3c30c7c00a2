"""What can go wrong in visitor behaviour."""


class InsightsError(Exception):
    """Base of every error of this app."""
