"""The frame around a page, see `storefront.frame`."""

from django import template
from django.conf import settings
from django.template import Context
from django.utils.safestring import SafeString
from django.utils.translation import get_language, to_locale

from storefront import consent_bar, frame, seo
from storefront.behaviour import page_marks

register = template.Library()


@register.simple_tag(takes_context=True)
def frame_assets(context: Context) -> SafeString:
    return frame.assets(context["request"])


@register.simple_tag(takes_context=True)
def frame_bar(context: Context) -> SafeString:
    category = context.get("current_category")
    category_id = category.pk if category else None
    if "hole" in context:
        return frame.bar_with_holes(context["request"], category_id=category_id)
    return frame.bar(
        context["request"],
        category_id=category_id,
        search_text=str(context.get("search_text", "")),
    )


@register.simple_tag(takes_context=True)
def frame_foot(context: Context) -> SafeString:
    return frame.foot(context["request"])


@register.simple_tag(takes_context=True)
def frame_page(context: Context) -> SafeString | str:
    """Attributes by which statistics know the page."""
    if "hole" in context:
        return str(context["hole"]["page"])
    return page_marks(context["request"])


@register.simple_tag(takes_context=True)
def frame_consent(context: Context) -> SafeString | str:
    """The question what the visitor allows, until it is answered."""
    if "hole" in context:
        return str(context["hole"]["consent"])
    return consent_bar.html(context["request"])


@register.inclusion_tag("storefront/_open_graph.html", takes_context=True)
def open_graph(context: Context, title: str, description: str) -> dict[str, object]:
    """What others show of a page that somebody sends them."""
    found = seo.addresses(context["request"].path)
    return {
        "title": title,
        "description": description,
        "address": found.canonical if found else seo.absolute(context["request"].path),
        "shop_name": settings.SHOP_NAME,
        "locale": to_locale(get_language() or settings.LANGUAGE_CODE),
    }
