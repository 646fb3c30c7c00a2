"""What can go wrong in the catalogue."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from catalog.algorithms.decode import Refusal

REASONS: dict[Refusal, str | Promise] = {
    Refusal.EMPTY: _("The file is empty."),
    Refusal.TOO_MANY_BYTES: _("The file is too large."),
    Refusal.UNSUPPORTED_FORMAT: _(
        "This is not a picture the shop can read. Save it as JPEG, PNG, WebP, GIF or AVIF."
    ),
    Refusal.TOO_MANY_PIXELS: _("The picture has too many pixels. Make it smaller and try again."),
    Refusal.TOO_SMALL: _("The picture is smaller than 32 pixels on a side."),
    Refusal.TOO_LONG: _("The picture is more than ten times as long as it is wide."),
    Refusal.TOO_MANY_SCANS: _("The picture is stored in an unusual way. Save it anew as JPEG."),
    Refusal.DAMAGED: _("The picture is damaged or incomplete."),
}


class CatalogError(Exception):
    """Base of every error of this app."""


class PhotoRefusedError(CatalogError):
    """Raised when an upload cannot become a photo of a product."""

    def __init__(self, code: Refusal, *, detail: str = "") -> None:
        self.code = code
        self.detail = detail
        super().__init__(str(REASONS[code]))


class UnknownPhotoLabelError(CatalogError):
    """Raised when a correction names neither a label nor a category that has one."""

    def __init__(self, label: str) -> None:
        self.label = label
        super().__init__(_("There is no label called “%(label)s”.") % {"label": label})


class CategoryBelowItselfError(CatalogError):
    """Raised when a category is to be moved below itself."""

    def __init__(self, category: str) -> None:
        self.category = category
        super().__init__(_("“%(category)s” cannot lie below itself.") % {"category": category})


class SynonymsTooFewError(CatalogError):
    """Raised when a group of synonyms has nothing that another word could find."""

    def __init__(self) -> None:
        super().__init__(_("Give two different words at least."))
