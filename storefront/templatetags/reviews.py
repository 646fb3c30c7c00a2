"""Reviews and the summary of them, see `storefront.review_html`."""

from django import template
from django.utils.safestring import SafeString

from storefront.pages.reviews import ReviewSummary
from storefront.review_html import ShownReview, review_html, summary_html

register = template.Library()


@register.simple_tag
def review(shown: ShownReview, slug: str) -> SafeString:
    return review_html(shown, slug=slug)


@register.simple_tag
def review_summary(summary: ReviewSummary, slug: str, chosen_stars: int | None) -> SafeString:
    return summary_html(
        count=summary.count,
        average=summary.average_words,
        bars=summary.bars,
        slug=slug,
        chosen_stars=chosen_stars,
    )
