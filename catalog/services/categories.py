"""Places in the tree of the catalogue."""

from django.db import transaction

from catalog.errors import CategoryBelowItselfError
from catalog.models import Category, Product
from catalog.services.search_documents import request_indexing
from catalog.services.versions import renew_shop_version


@transaction.atomic
def place_category(*, category: Category, parent: Category | None) -> Category:
    """Save a category, new or known, below `parent`, or at the top without one.

    Raises CategoryBelowItselfError.
    """
    renew_shop_version()
    if category.pk is None:
        added: Category = (
            Category.objects.add_root(instance=category)
            if parent is None
            else Category.objects.add_child(parent, instance=category)
        )
        return added
    if parent is not None and (parent == category or parent.is_descendant_of(category)):
        raise CategoryBelowItselfError(str(category))
    category.save()
    before = category.get_parent()
    if parent is None and before is not None:
        # Next to a root is at the top; which root does not matter in a sorted tree.
        Category.objects.move(
            category, Category.objects.get_first_root_node(), pos="sorted-sibling"
        )
    elif parent is not None and parent != before:
        Category.objects.move(category, parent, pos="sorted-child")
    category.refresh_from_db()
    request_indexing(products=Product.objects.in_category(category))
    return category
