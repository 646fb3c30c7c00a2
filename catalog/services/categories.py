"""Places in the tree of the catalogue."""

from django.db import transaction

from catalog.errors import CategoryBelowItselfError
from catalog.models import Category


@transaction.atomic
def place_category(*, category: Category, parent: Category | None) -> Category:
    """Save a category, new or known, below `parent`, or at the top without one.

    Raises CategoryBelowItselfError.
    """
    if category.pk is None:
        added: Category = (
            Category.add_root(instance=category)
            if parent is None
            else parent.add_child(instance=category)
        )
        return added
    if parent is not None and (parent == category or parent.is_descendant_of(category)):
        raise CategoryBelowItselfError(str(category))
    category.save()
    before = category.get_parent()
    if parent is None and before is not None:
        # Next to a root is at the top; which root does not matter in a sorted tree.
        category.move(Category.get_first_root_node(), pos="sorted-sibling")
    elif parent is not None and parent != before:
        category.move(parent, pos="sorted-child")
    category.refresh_from_db()
    return category
