"""What every page of the shop knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from catalog.models import Category


def shop(request: HttpRequest) -> dict[str, Any]:
    """Read only where a template asks for it: the back office shows no categories."""
    return {
        "shop_name": settings.SHOP_NAME,
        "shop_currency": settings.CURRENCY,
        "shop_categories": SimpleLazyObject(lambda: list(Category.objects.top())),
    }
