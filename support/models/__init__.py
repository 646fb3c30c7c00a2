"""Reviews and how they are read."""

from support.models.reviews import Review, ReviewClassification, ReviewPhoto, ReviewVote

__all__ = ["Review", "ReviewClassification", "ReviewPhoto", "ReviewVote"]
