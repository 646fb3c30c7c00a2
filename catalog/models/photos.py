"""Photos of products and what the photo model saw on them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models.categories import Category
from catalog.models.products import Product
from catalog.querysets import PhotoClassificationQuerySet, ProductPhotoQuerySet
from learning.models import Proposal


class ProductPhoto(models.Model):
    """A photo as it was uploaded and, once prepared, in the sizes that pages show."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("waiting to be prepared")
        READY = "ready", _("ready")
        REFUSED = "refused", _("refused")

    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="photos"
    )
    # The upload, re-encoded from its pixels: no metadata, no foreign bytes.
    file = models.ImageField(
        _("photo"), upload_to="photos/%Y/%m/", width_field="width", height_field="height"
    )
    width = models.PositiveIntegerField(_("width, pixels"), null=True, blank=True, editable=False)
    height = models.PositiveIntegerField(_("height, pixels"), null=True, blank=True, editable=False)
    # By size ("small", "medium", "large"): name in the storage, width and height.
    renditions = models.JSONField(_("sizes"), default=dict, blank=True, editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.UPLOADED, db_index=True
    )
    refusal = models.CharField(_("why it was refused"), max_length=255, blank=True)
    alt_text = models.CharField(
        _("description for those who cannot see it"), max_length=255, blank=True
    )
    sha256 = models.CharField(max_length=64, editable=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("uploaded by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)

    objects = ProductPhotoQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")
        ordering: ClassVar = ["product", "position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "sha256"], name="catalog_photo_once_per_product"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product} #{self.pk}"


class PhotoEmbedding(models.Model):
    """The backbone's view of a photo: float32 vectors of shape (n_features,), little-endian."""

    photo = models.OneToOneField(
        ProductPhoto, verbose_name=_("photo"), on_delete=models.CASCADE, related_name="embedding"
    )
    backbone_sha256 = models.CharField(max_length=64)
    vector = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("photo embedding")
        verbose_name_plural = _("photo embeddings")

    def __str__(self) -> str:
        return str(self.photo)


class PhotoClassification(Proposal):
    """Which class, and so which category, a photo was seen to show."""

    photo = models.ForeignKey(
        ProductPhoto,
        verbose_name=_("photo"),
        on_delete=models.CASCADE,
        related_name="classifications",
    )
    label = models.CharField(_("seen as"), max_length=60)
    category = models.ForeignKey(
        Category,
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    runner_up_label = models.CharField(_("or else"), max_length=60, blank=True)
    runner_up_confidence = models.FloatField(_("confidence of that"), null=True, blank=True)
    needs_person = models.BooleanField(
        _("asks staff"), default=False, help_text=_("The model was not sure enough.")
    )
    # What a person said it is; the label of the next training set.
    corrected_label = models.CharField(_("corrected to"), max_length=60, blank=True)
    heat_map = models.ImageField(
        _("where it looked"), upload_to="heat_maps/%Y/%m/", null=True, blank=True
    )

    objects = PhotoClassificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo classification")
        verbose_name_plural = _("photo classifications")
        ordering: ClassVar = ["-created_at", "-pk"]
        permissions: ClassVar = [
            ("review_photoclassification", _("Can decide on photo classifications"))
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["photo"],
                condition=Q(status="proposed"),
                name="catalog_one_open_classification_per_photo",
            )
        ]

    def __str__(self) -> str:
        return f"{self.photo}: {self.final_label}"

    @property
    def final_label(self) -> str:
        return self.corrected_label or self.label
