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
from PIL import ExifTags, Image, ImageCms

from catalog.algorithms.png_rows import has_all_rows

MAX_BYTES = 15 * 1024 * 1024
MAX_SIDE = 16_000
MIN_SIDE = 32
MAX_RATIO = 10
MAX_PIXELS = {
    "JPEG": 50_000_000,
    "PNG": 40_000_000,
    "GIF": 40_000_000,
    "AVIF": 26_000_000,
    "WEBP": 17_000_000,
}
MAX_PIXELS_WITH_ALPHA = 25_000_000
MAX_PIXELS_OF_16_BITS = 25_000_000
# An ordinary progressive JPEG has about 10 scans; 400 of them cost 4 CPU seconds on 16 Mpx.
MAX_SCANS = 64
KEPT_SIDE = 1600

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_START_OF_SCAN = b"\xff\xda"
# EXIF 2.3, tag 274: how the camera was held.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {_TURNS[5], _TURNS[6], _TURNS[7], _TURNS[8]}


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


def decode_photo(content: bytes, *, max_bytes: int = MAX_BYTES) -> DecodedPhoto:
    """Raises UnreadablePhotoError for whatever a shop should not take."""
    if not content:
        raise UnreadablePhotoError(Refusal.EMPTY)
    if len(content) > max_bytes:
        raise UnreadablePhotoError(Refusal.TOO_MANY_BYTES, f"{len(content)} > {max_bytes}")
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
    limit = MAX_PIXELS[kind]
    if image.has_transparency_data:
        limit = min(limit, MAX_PIXELS_WITH_ALPHA)
    if image.mode.startswith("I"):
        limit = min(limit, MAX_PIXELS_OF_16_BITS)
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
    # Before anything loads the pixels, so that a JPEG is never unpacked at full size.
    image.draft("RGB", (max(1, int(width * scale)), max(1, int(height * scale))))
    profile = image.info.get("icc_profile")
    image.load()
    turn = _turn(image)
    shrinkable = _to_shrinkable(image)
    # Shrunk first: turning, flattening and colours then cost next to no memory.
    shrinkable.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    upright = shrinkable if turn is None else shrinkable.transpose(turn)
    rgb = _to_rgb(upright, profile)
    if turn in _SIDEWAYS:
        width, height = height, width
    return DecodedPhoto(
        # Through bare bytes, because copies of an image carry its `info` into the next file.
        pixels=Image.frombytes("RGB", rgb.size, rgb.tobytes()),
        format=kind,
        width=width,
        height=height,
    )


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What makes the photo upright; a broken EXIF block leaves it as it lies."""
    try:
        return _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, struct.error):
        return None


def _to_shrinkable(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        # Pillow's own conversion clips 16-bit greys at 255, which leaves a white picture.
        grey = np.clip(np.asarray(image), 0, 65_535) // 257
        return Image.fromarray(grey.astype(np.uint8))
    if image.mode in {"P", "PA", "1"} or "transparency" in image.info:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def _to_rgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile and image.mode in {"RGB", "CMYK"}:
        image = _to_srgb(image, profile)
    if image.has_transparency_data:
        with_alpha = image.convert("RGBA")
        paper = Image.new("RGB", with_alpha.size, "white")
        paper.paste(with_alpha, mask=with_alpha.getchannel("A"))
        return paper
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Colours as the profile means them; a profile that cannot be read is left out."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, _SRGB, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image
