"""What can go wrong in recommendations."""


class RecommendationsError(Exception):
    """Base of every error of this app."""
