"""The three WebP files that a shop page is served from."""

import io
from dataclasses import dataclass

from PIL import Image

# Long sides: a phone's list tile, a product page, the zoomed view. Never enlarged.
SIDES = {"small": 320, "medium": 800, "large": 1600}
# The large one is what is kept of the upload. At 82 the classifier loses 1.7 points on photos of
# 256 pixels, at 90 no more than 0.3.
QUALITY = {"small": 82, "medium": 82, "large": 90}


@dataclass(frozen=True)
class Rendition:
    name: str
    content: bytes
    width: int
    height: int


def render(pixels: Image.Image, name: str) -> Rendition:
    """pixels: upright RGB without metadata, as `decode_photo` returns it."""
    side = SIDES[name]
    sized = pixels
    if max(pixels.size) > side:
        sized = pixels.copy()
        sized.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    target = io.BytesIO()
    sized.save(target, "WEBP", quality=QUALITY[name], method=4)
    return Rendition(name, target.getvalue(), *sized.size)


def reopen(rendition: Rendition) -> Image.Image:
    """What a page, and the classifier, gets to see of it."""
    with Image.open(io.BytesIO(rendition.content), formats=["WEBP"]) as image:
        return image.convert("RGB")


def sizes_to_render(pixels: Image.Image) -> tuple[str, ...]:
    """Those smaller than the photo; for the others a larger file serves, saving a generation."""
    return tuple(name for name in ("medium", "small") if max(pixels.size) > SIDES[name])
