"""A photo with the places coloured that spoke for its label."""

import io

import numpy as np
from PIL import Image

from catalog.algorithms.backbone import FloatArray

OVERLAY_SIDE = 320
OPACITY = 0.75
# From no colour over violet and orange to pale yellow: ordered in lightness, so it can be read
# without telling red from green.
_STOPS = np.array([[24, 15, 62], [114, 31, 129], [221, 73, 104], [254, 159, 109], [252, 253, 191]])


def draw_heat_map(pixels: Image.Image, heat_map: FloatArray) -> bytes:
    """A WebP of at most 320 pixels a side.

    pixels: upright RGB. heat_map (rows, columns): logits per cell; what speaks against the label
    stays uncoloured, the strongest cell for it is brightest.
    """
    small = pixels.copy()
    small.thumbnail((OVERLAY_SIDE, OVERLAY_SIDE), Image.Resampling.BICUBIC)
    pull = np.maximum(heat_map, 0.0)
    strongest = float(pull.max())
    share = pull / strongest if strongest > 0 else pull
    mask = Image.fromarray(share.astype(np.float32)).resize(small.size, Image.Resampling.BICUBIC)
    strength = np.clip(np.asarray(mask), 0.0, 1.0)
    position = strength * (len(_STOPS) - 1)
    below = np.minimum(position.astype(int), len(_STOPS) - 2)
    part = (position - below)[..., None]
    colours = _STOPS[below] * (1 - part) + _STOPS[below + 1] * part
    blend = (OPACITY * strength)[..., None]
    # The photo in dimmed grey, so that colour and light mean the map and not the goods.
    grey = 0.7 * np.asarray(small.convert("L").convert("RGB"), dtype=np.float64)
    drawn = Image.fromarray((grey * (1 - blend) + colours * blend).round().astype(np.uint8))
    target = io.BytesIO()
    drawn.save(target, "WEBP", quality=80)
    return target.getvalue()
