"""Reviews as pages show them."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef
from django.utils.formats import number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from catalog.models import Product
from customers.models import User
from learning.prepared import Prepared
from storefront.cards import Photo, photo_file
from storefront.review_html import ShownReview, foot_html
from support.models import Review, ReviewPhoto, ReviewVote

FIRST_SHOWN = 8
PER_PAGE = 20
ORDERINGS = {
    "helpful": ("-helpful_count", "-written_at", "-pk"),
    "new": ("-written_at", "-pk"),
}
DEFAULT_ORDERING = "helpful"


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """bars: stars, how many reviews have so many, per cent of all; five first."""

    count: int
    average: float
    average_words: str
    bars: Sequence[tuple[int, int, int]]


@dataclass(frozen=True, slots=True)
class ReviewPage:
    product: Product
    reviews: Sequence[ShownReview]
    summary: ReviewSummary
    ordering: str
    stars: int | None
    number: int
    next_number: int | None
    previous_number: int | None


def first_reviews(*, product: Product) -> tuple[list[ShownReview], ReviewSummary]:
    """The most helpful ones and the summary of all, in one query and one for photos.

    As anybody reads them; `for_reader` puts in what is somebody's own.
    """
    rows = _FIRST.objects(product.pk)
    photos: dict[int, list[Any]] = {}
    for photo in _PHOTOS.objects([row.pk for row in rows]):
        photos.setdefault(photo.review_id, []).append(photo)
    for row in rows:
        row.shown_photos = photos.get(row.pk, [])
    counts = {stars: getattr(rows[0], f"stars_{stars}") if rows else 0 for stars in range(1, 6)}
    return _shown(rows, None), _summary(counts)


_FIRST = Prepared(
    lambda product_id: (
        Review.objects.published()
        .filter(product=product_id)
        .with_star_counts()
        .order_by(*ORDERINGS[DEFAULT_ORDERING])[:FIRST_SHOWN]
    )
)
_PHOTOS = Prepared(lambda reviews: ReviewPhoto.objects.ready().filter(review__in=reviews))


def for_reader(
    html: SafeString, *, product: Product, reviews: Sequence[ShownReview], reader: User
) -> SafeString:
    """A list of reviews that was written for everybody, as this reader sees it; one query.

    Where they wrote it or voted, or others have voted since, the foot of a review takes the place
    of the one for everybody. No customer's text can look like a foot, since texts are escaped.
    """
    own_vote = ReviewVote.objects.filter(voter=reader, review=OuterRef("pk"))
    rows = (
        Review.objects.filter(pk__in=[shown.review.pk for shown in reviews])
        .order_by()
        .values_list("pk", "helpful_count", Exists(own_vote))
    )
    votes = {pk: (helpful_count, is_voted) for pk, helpful_count, is_voted in rows}
    for shown in reviews:
        known = shown.review.helpful_count
        helpful_count, is_voted = votes.get(shown.review.pk, (known, False))
        is_own = shown.review.author_id == reader.pk
        if not is_own and not is_voted and helpful_count == known:
            continue
        review = copy(shown.review)
        review.helpful_count = helpful_count
        own = replace(shown, review=review, is_own=is_own, is_voted=is_voted)
        everybodys, readers = (foot_html(each, slug=product.slug) for each in (shown, own))
        html = mark_safe(html.replace(everybodys, readers))  # noqa: S308  # both a template's
    return html


def review_page(
    *, product: Product, stars: str, ordering: str, number: str, reader: User | None
) -> ReviewPage:
    """All reviews of a product, narrowed and ordered; nonsense in the address is passed over."""
    published = Review.objects.published().filter(product=product)
    wanted = int(stars) if stars in {"1", "2", "3", "4", "5"} else None
    if ordering not in ORDERINGS:
        ordering = DEFAULT_ORDERING
    rows = published if wanted is None else published.filter(stars=wanted)
    page = Paginator(rows.for_pages().order_by(*ORDERINGS[ordering]), PER_PAGE).get_page(
        number if number.isascii() and number.isdigit() and len(number) < 7 else "1"
    )
    first: Any = published.order_by().with_star_counts()[:1]
    counts = {
        count: getattr(row, f"stars_{count}") for row in first for count in range(1, 6)
    } or dict.fromkeys(range(1, 6), 0)
    return ReviewPage(
        product=product,
        reviews=_shown(list(page.object_list), reader),
        summary=_summary(counts),
        ordering=ordering,
        stars=wanted,
        number=page.number,
        next_number=page.next_page_number() if page.has_next() else None,
        previous_number=page.previous_page_number() if page.has_previous() else None,
    )


def _shown(rows: Sequence[Any], reader: User | None) -> list[ShownReview]:
    voted: set[int] = set()
    if reader is not None and rows:
        votes = ReviewVote.objects.filter(voter=reader, review__in=[row.pk for row in rows])
        voted = set(votes.values_list("review_id", flat=True))
    return [
        ShownReview(
            review=row,
            key=str(row.pk),
            photos=_photos(row),
            is_voted=row.pk in voted,
            is_own=reader is not None and row.author_id == reader.pk,
            facts=_facts(row),
        )
        for row in rows
    ]


def _photos(row: Any) -> list[tuple[Photo, Photo]]:
    files = [
        (photo_file(photo.renditions, "small"), photo_file(photo.renditions, "large"))
        for photo in row.shown_photos
    ]
    return [(small, large) for small, large in files if small is not None and large is not None]


def _facts(review: Review) -> dict[str, Any]:
    return {
        "@type": "Review",
        "author": {"@type": "Person", "name": review.author_name or _("A customer")},
        "datePublished": review.written_at.date().isoformat(),
        "reviewRating": {"@type": "Rating", "ratingValue": review.stars, "bestRating": 5},
        "reviewBody": review.text[:500],
    }


def _summary(counts: Mapping[int, int]) -> ReviewSummary:
    total = sum(counts.values())
    average = sum(stars * count for stars, count in counts.items()) / total if total else 0.0
    return ReviewSummary(
        count=total,
        average=average,
        average_words=number_format(average, 1),
        bars=[
            (stars, counts[stars], 100 * counts[stars] // max(total, 1))
            for stars in range(5, 0, -1)
        ],
    )
