"""What a review and the summary of all show, ready to be written down.

A page has eight reviews or twenty: as with cards, what one says is worked out here, and its
templates are stencils that only write it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template.defaultfilters import linebreaksbr
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext

from storefront.cards import Photo
from storefront.stencils import Holes, Stencil, cut, stencil
from support.models import Review


@dataclass(frozen=True, slots=True)
class ShownReview:
    """photos: (small, large). facts: for machines. is_voted: the reader found it helpful."""

    review: Review
    key: str
    photos: Sequence[tuple[Photo, Photo]]
    is_voted: bool
    is_own: bool
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Words:
    """Everything that a review shows but its foot: the same words are the same piece of a page."""

    key: str
    slug: str
    stars: int
    author: str
    language: str
    title: str
    text: str
    written_at: datetime
    is_verified: bool
    is_edited: bool
    reply: str
    replied_at: datetime | None
    photos: tuple[tuple[Photo, Photo], ...]


def review_html(shown: ShownReview, *, slug: str) -> SafeString:
    """slug: of the product."""
    review = shown.review
    words = _Words(
        key=shown.key,
        slug=slug,
        stars=review.stars,
        author=_author(review),
        language=review.language,
        title=review.title,
        text=review.text,
        written_at=review.written_at,
        is_verified=review.is_verified_purchase,
        is_edited=review.edited_at is not None,
        reply=review.reply,
        replied_at=review.replied_at,
        photos=tuple(shown.photos),
    )
    write = _form if not settings.DEBUG else _form.__wrapped__
    return write(words, get_language()).fill(foot=foot_html(shown, slug=slug))


@lru_cache(maxsize=1_000)
def _form(words: _Words, _language: str | None) -> Stencil:
    """A review without its foot, which votes change. Prices and stock, which make pages anew, are
    not in it: of a product that many look at, it is written once."""
    form = stencil(
        "storefront/_review.html",
        is_verified=words.is_verified,
        is_edited=words.is_edited,
        has_title=bool(words.title),
        has_photos=bool(words.photos),
        has_reply=bool(words.reply),
        has_reply_day=words.replied_at is not None,
    )
    day, day_words = _day(words.written_at)
    reply_day, reply_day_words = _day(words.replied_at) if words.replied_at else ("", "")
    return cut(
        form.fill(
            key=words.key,
            marks=star_marks(words.stars),
            stars=stars_words(words.stars),
            author=words.author,
            day=day,
            day_words=day_words,
            language=words.language,
            title=words.title,
            text=linebreaksbr(words.text),
            photos=_photos_html(words.photos),
            reply_day=reply_day,
            reply_day_words=reply_day_words,
            reply=linebreaksbr(words.reply),
            foot=mark_safe(Holes()["foot"]),  # noqa: S308  # a mark of this process
        )
    )


def foot_html(shown: ShownReview, *, slug: str) -> SafeString:
    """How many found it helpful, and what this reader can do about it."""
    review = shown.review
    form = stencil(
        "storefront/_review_foot.html",
        has_votes=bool(review.helpful_count),
        is_own=shown.is_own,
        is_voted=shown.is_voted,
    )
    votes = ngettext(
        "%(counter)s person found this helpful",
        "%(counter)s people found this helpful",
        review.helpful_count,
    ) % {"counter": number_format(review.helpful_count)}
    return form.fill(
        key=shown.key,
        author=_author(review),
        votes=votes,
        write=reverse("storefront:review-write", args=[slug]) if shown.is_own else "",
    )


def summary_html(
    *,
    count: int,
    average: str,
    bars: Sequence[tuple[int, int, int]],
    slug: str,
    chosen_stars: int | None = None,
) -> SafeString:
    """bars: stars, how many reviews have so many, per cent of all."""
    words = ngettext("of 5, from %(counter)s review", "of 5, from %(counter)s reviews", count)
    return stencil("storefront/_review_summary.html").fill(
        average=average,
        count=words % {"counter": number_format(count)},
        bars=_bars_html(bars, slug=slug, chosen_stars=chosen_stars),
    )


def _bars_html(
    bars: Sequence[tuple[int, int, int]], *, slug: str, chosen_stars: int | None
) -> SafeString:
    """The lines of the histogram."""
    address = reverse("storefront:review-list", args=[slug])
    lines = [
        stencil("storefront/_review_bar.html", is_chosen=stars == chosen_stars).fill(
            address=f"{address}?stars={stars}",
            stars=stars_words(stars),
            percent=percent,
            count=number_format(count),
        )
        for stars, count, percent in bars
    ]
    return mark_safe("".join(lines))  # noqa: S308  # stencils escape what they are filled with


def star_marks(stars: int) -> str:
    return "★" * stars + "☆" * (5 - stars)


def stars_words(stars: int) -> str:
    return ngettext("%(counter)s star", "%(counter)s stars", stars) % {"counter": stars}


def _author(review: Review) -> str:
    return review.author_name or gettext("A customer")


def _photos_html(photos: Sequence[tuple[Photo, Photo]]) -> SafeString:
    lines = [
        stencil("storefront/_review_photo.html").fill(
            number=number,
            address=large.url,
            url=small.url,
            width=small.width,
            height=small.height,
        )
        for number, (small, large) in enumerate(photos, start=1)
    ]
    return mark_safe("".join(lines))  # noqa: S308  # stencils escape what they are filled with


def _day(moment: datetime) -> tuple[str, str]:
    """For machines and for people."""
    day = timezone.localtime(moment).date()
    return day.isoformat(), _day_words(day, get_language())


@lru_cache(maxsize=1_000)
def _day_words(day: date, _language: str | None) -> str:
    return date_format(day, "DATE_FORMAT")
