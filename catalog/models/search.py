"""What customers narrow a list by and how their words find products."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.products import Attribute, Product


class AttributeValue(models.Model):  # type: ignore[django-manager-missing]  # made by modeltranslation
    """One value that products share: a colour, a material. Made from what staff wrote on them."""

    attribute = models.ForeignKey(
        Attribute, verbose_name=_("attribute"), on_delete=models.CASCADE, related_name="values"
    )
    # Stands in addresses of pages, so it is the same in every language.
    key = models.CharField(_("key"), max_length=60)
    name = models.CharField(_("name"), max_length=120)

    class Meta:
        verbose_name = _("attribute value")
        verbose_name_plural = _("attribute values")
        ordering: ClassVar = ["attribute", "key"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["attribute", "key"], name="catalog_attribute_value_once"
            )
        ]

    def __str__(self) -> str:
        return self.name


class SearchDocument(models.Model):
    """That the words of a product are in the search index, and as of which of its changes."""

    product = models.OneToOneField(
        Product,
        verbose_name=_("product"),
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="search_document",
    )
    # `Product.updated_at` as it was read; None before the first time.
    product_updated_at = models.DateTimeField(
        _("product as of"), null=True, blank=True, editable=False
    )
    # Something beside the product has changed, such as the name of its brand: how often that was
    # asked for, and how often it had been when the product was last read.
    asked = models.PositiveIntegerField(default=0, editable=False)
    answered = models.PositiveIntegerField(default=0, editable=False)
    # Words that count in the vocabulary, parted by spaces.
    words = models.TextField(blank=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    indexed_at = models.DateTimeField(_("indexed at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("search document")
        verbose_name_plural = _("search documents")
        indexes: ClassVar = [
            models.Index(
                fields=["product"],
                name="catalog_document_asked",
                condition=~models.Q(asked=models.F("answered")),
            )
        ]

    def __str__(self) -> str:
        return str(self.product_id)


class SearchTerm(models.Model):
    """A word of the vocabulary: what is in the index, and how many products have it."""

    class Kind(models.TextChoices):
        WORD = "word", _("Chinese word")
        CHARACTER = "character", _("Chinese character")
        LATIN = "latin", _("word of letters or digits")
        PINYIN = "pinyin", _("pinyin")

    text = models.CharField(_("text"), max_length=60, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    # Without tones; of Chinese only. Words that sound alike share it.
    sound = models.CharField(_("sound"), max_length=120, blank=True, db_index=True)
    n_products = models.IntegerField(_("products"), default=0)

    class Meta:
        verbose_name = _("search term")
        verbose_name_plural = _("search terms")

    def __str__(self) -> str:
        return self.text


class SearchSpelling(models.Model):
    """A beginning of a search term with signs taken out; misspelt words share one with it."""

    key = models.CharField(max_length=10, db_index=True)
    term = models.ForeignKey(
        SearchTerm,
        verbose_name=_("search term"),
        on_delete=models.CASCADE,
        related_name="spellings",
    )

    class Meta:
        verbose_name = _("spelling")
        verbose_name_plural = _("spellings")

    def __str__(self) -> str:
        return self.key


class SearchSynonym(models.Model):
    """Words that staff declare to mean the same in a search."""

    class Kind(models.TextChoices):
        EQUAL = "equal", _("all mean the same")
        ONE_WAY = "one_way", _("the first words also find the second ones")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.EQUAL)
    words = models.TextField(
        _("words"), help_text=_("Parted by commas or lines, in any language: mug, cup, 杯子.")
    )
    found_words = models.TextField(
        _("words also found"),
        blank=True,
        help_text=_("For one direction only: what those who look for the first words also find."),
    )
    is_active = models.BooleanField(_("in use"), default=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("synonym")
        verbose_name_plural = _("synonyms")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return self.words[:60]


class SearchSynonymWord(models.Model):
    """One word of a group, as queries are looked up. Kept by `catalog.services.synonyms`."""

    synonym = models.ForeignKey(
        SearchSynonym,
        verbose_name=_("synonym"),
        on_delete=models.CASCADE,
        related_name="entries",
    )
    text = models.CharField(max_length=60, db_index=True)
    # Asked for with this word; found for others of the group.
    is_asked = models.BooleanField(default=True)
    is_found = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("word of a synonym")
        verbose_name_plural = _("words of synonyms")

    def __str__(self) -> str:
        return self.text
