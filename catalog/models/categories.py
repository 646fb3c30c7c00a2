"""The tree of the catalogue."""

from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node

from catalog.querysets import CategoryManager


class Category(MP_Node):  # type: ignore[misc]  # treebeard ships no types
    """A place in the tree of the catalogue."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(_("slug"), max_length=120, unique=True)
    description = models.TextField(_("description"), blank=True)
    # Which classes of the photo model mean this category, such as ["shirt", "t-shirt"].
    photo_labels = models.JSONField(
        _("labels of the photo model"),
        default=list,
        blank=True,
        help_text=_("Photos that show one of these are proposed for this category."),
    )

    node_order_by: ClassVar = ["slug"]
    objects = CategoryManager()

    class Meta:
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        ordering: ClassVar = ["path"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("storefront:category-detail", args=[self.slug])
