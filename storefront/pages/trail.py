"""Where a page stands in the tree of categories."""

from catalog.models import Category
from storefront.fragments import kept_frame


def ancestors(category: Category | None) -> list[Category]:
    if category is None or category.depth == 1:
        return []
    return kept_frame(
        "ancestors", category.path, make=lambda: list(Category.objects.get_ancestors(category))
    )
