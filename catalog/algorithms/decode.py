"""From the bytes somebody uploaded to clean RGB pixels, or to one refusal with a reason.

Nothing of the file survives but its pixels: no EXIF, GPS, XMP, comment, colour profile, thumbnail
or trailing bytes. Limits come from measured memory: baseline JPEG 0.3 MB per megapixel thanks to
`draft`, PNG 5-6, alpha and AVIF 9, WebP 15; the limits below keep an upload within 300 MB.
"""

import io
import struct
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from PIL import Image, ImageCms, ImageOps

from catalog.algorithms.png_rows import has_all_rows

MAX_BYTES = 15 * 1024 * 1024
MAX_SIDE = 16_000
MIN_SIDE = 32
MAX_RATIO = 10
MAX_PIXELS = {
    "JPEG": 50_000_000,
    "PNG": 40_000_000,
    "GIF": 40_000_000,
    "AVIF": 30_000_000,
    "WEBP": 18_000_000,
}
MAX_PIXELS_WITH_ALPHA = 30_000_000
# An ordinary progressive JPEG has about 10 scans; 400 of them cost 4 CPU seconds on 16 Mpx.
MAX_SCANS = 64
KEPT_SIDE = 1600

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_START_OF_SCAN = b"\xff\xda"


class Refusal(StrEnum):
    EMPTY = "empty"
    TOO_MANY_BYTES = "too_many_bytes"
    UNSUPPORTED_FORMAT = "unsupported_format"
    TOO_MANY_PIXELS = "too_many_pixels"
    TOO_SMALL = "too_small"
    TOO_LONG = "too_long"
    TOO_MANY_SCANS = "too_many_scans"
    DAMAGED = "damaged"


class UnreadablePhotoError(Exception):
    """The upload cannot become a photo; `code` says why, `detail` with which numbers."""

    def __init__(self, code: Refusal, detail: str = "") -> None:
        super().__init__(f"{code.value}: {detail}" if detail else code.value)
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class DecodedPhoto:
    """`pixels` is upright 8-bit RGB with a long side of at most 1600 and no metadata.

    format, width, height: of the upload itself, turned upright.
    """

    pixels: Image.Image
    format: str
    width: int
    height: int


def decode_photo(content: bytes) -> DecodedPhoto:
    """Raises UnreadablePhotoError for whatever a shop should not take."""
    if not content:
        raise UnreadablePhotoError(Refusal.EMPTY)
    if len(content) > MAX_BYTES:
        raise UnreadablePhotoError(Refusal.TOO_MANY_BYTES, f"{len(content)} > {MAX_BYTES}")
    kind = sniff_format(content)
    if kind is None:
        raise UnreadablePhotoError(Refusal.UNSUPPORTED_FORMAT)
    try:
        # Naming the format keeps Pillow from trying its other readers (EPS runs Ghostscript).
        with Image.open(io.BytesIO(content), formats=[kind]) as image:
            _check_size(image, kind)
            _check_body(content, kind)
            return _decode(image, kind)
    except (
        OSError,
        ValueError,
        SyntaxError,
        KeyError,
        IndexError,
        EOFError,
        MemoryError,
        struct.error,
        Image.DecompressionBombError,
    ) as error:
        raise UnreadablePhotoError(Refusal.DAMAGED, str(error)[:200]) from error


def sniff_format(content: bytes) -> str | None:
    """The format its first bytes show; file name and content type are not asked."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:12] in {b"ftypavif", b"ftypavis"}:
        return "AVIF"
    return None


def _check_size(image: Image.Image, kind: str) -> None:
    width, height = image.size
    has_alpha = image.has_transparency_data
    limit = min(MAX_PIXELS[kind], MAX_PIXELS_WITH_ALPHA) if has_alpha else MAX_PIXELS[kind]
    if width * height > limit:
        raise UnreadablePhotoError(Refusal.TOO_MANY_PIXELS, f"{width} x {height} > {limit}")
    if max(width, height) > MAX_SIDE:
        raise UnreadablePhotoError(Refusal.TOO_MANY_PIXELS, f"{width} x {height}")
    if min(width, height) < MIN_SIDE:
        raise UnreadablePhotoError(Refusal.TOO_SMALL, f"{width} x {height}")
    if max(width, height) > MAX_RATIO * min(width, height):
        raise UnreadablePhotoError(Refusal.TOO_LONG, f"{width} x {height}")


def _check_body(content: bytes, kind: str) -> None:
    if kind == "JPEG":
        n_scans = content.count(_START_OF_SCAN)
        if n_scans > MAX_SCANS:
            raise UnreadablePhotoError(Refusal.TOO_MANY_SCANS, str(n_scans))
    if kind == "PNG" and not has_all_rows(content):
        # Pillow would show the missing rows as black and say nothing.
        raise UnreadablePhotoError(Refusal.DAMAGED, "rows are missing")


def _decode(image: Image.Image, kind: str) -> DecodedPhoto:
    width, height = image.size
    scale = min(1.0, KEPT_SIDE / max(width, height))
    # Before anything loads the pixels: exif_transpose first would decode at full size.
    image.draft("RGB", (max(1, int(width * scale)), max(1, int(height * scale))))
    profile = image.info.get("icc_profile")
    image.load()
    turned = _is_turned(image)
    upright = _turn_upright(image)
    rgb = _to_rgb(upright, profile)
    rgb.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    # Through bare bytes, because copies of an image carry its `info` into the next file.
    clean = Image.frombytes("RGB", rgb.size, rgb.tobytes())
    if turned:
        width, height = height, width
    return DecodedPhoto(pixels=clean, format=kind, width=width, height=height)


def _is_turned(image: Image.Image) -> bool:
    try:
        return int(image.getexif().get(0x0112, 1)) in {5, 6, 7, 8}
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, struct.error):
        return False


def _turn_upright(image: Image.Image) -> Image.Image:
    """As its EXIF orientation asks; a broken EXIF block leaves the photo as it lies."""
    try:
        return ImageOps.exif_transpose(image)
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, struct.error):
        return image


def _to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if image.mode.startswith("I"):
        # Pillow's own conversion clips 16-bit greys at 255, which leaves a white picture.
        grey = np.clip(np.asarray(image), 0, 65_535) // 257
        return Image.fromarray(grey.astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        with_alpha = image.convert("RGBA")
        paper = Image.new("RGB", with_alpha.size, "white")
        paper.paste(with_alpha, mask=with_alpha.getchannel("A"))
        return paper
    if profile and image.mode in {"RGB", "CMYK"}:
        image = _to_srgb(image, profile)
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Colours as the profile means them; a profile that cannot be read is left out."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image
