"""What the demo's staff already decided, so that the models have something to learn from."""

from datetime import datetime

from catalog.models import PhotoClassification, ProductPhoto
from catalog.services import photo_classification
from customers.models import User
from learning.models import Decision
from learning.services import publishing

# Three photos of five were looked at; the others are left for whoever tries the shop.
LOOKED_AT = 3
OF = 5


def decide_on_photos(*, editor: User, at: datetime) -> int:
    """Classify photos with the shipped model and say what they are; returns how many.

    at: when that was.

    The shipped model knows clothes and groceries; the demo sells candles and teapots too. From
    these decisions the first night learns the shop's own categories.
    """
    publishing.install_shipped_versions(as_of=at.date())
    photos = ProductPhoto.objects.ready().select_related("product__category").order_by("pk")
    decided = []
    for number, photo in enumerate(list(photos)):
        if number % OF >= LOOKED_AT:
            continue
        proposal = photo_classification.classify_photo(photo=photo)
        if proposal is not None and proposal.status == PhotoClassification.ReviewStatus.PROPOSED:
            _decide(proposal, editor)
            decided.append(proposal.pk)
    # It was yesterday's work: the first night learns from what was known then.
    PhotoClassification.objects.filter(pk__in=decided).update(created_at=at, reviewed_at=at)
    Decision.objects.filter(user=editor).update(decided_at=at)
    return len(decided)


def _decide(proposal: PhotoClassification, editor: User) -> None:
    category = proposal.photo.product.category
    right = category is not None and proposal.category == category
    if right:
        photo_classification.accept_classification(classification=proposal, user=editor)
    else:
        photo_classification.correct_classification(
            classification=proposal, category=category, user=editor
        )
