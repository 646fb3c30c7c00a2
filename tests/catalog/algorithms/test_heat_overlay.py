import io

import numpy as np
from PIL import Image

from catalog.algorithms.heat_overlay import draw_heat_map


def drawn(heat_map: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> np.ndarray:
    photo = Image.new("RGB", (640, 480), (40, 160, 60))
    with Image.open(io.BytesIO(draw_heat_map(photo, heat_map))) as overlay:
        assert (overlay.format, overlay.size) == ("WEBP", (320, 240))
        return np.asarray(overlay.convert("RGB")).astype(int)


def test_the_strongest_cell_is_the_brightest_place() -> None:
    heat_map = np.zeros((7, 7), dtype=np.float32)
    heat_map[1, 5] = 9.0
    light = drawn(heat_map).sum(axis=2)
    row, column = np.unravel_index(light.argmax(), light.shape)
    assert abs(row - 240 * 1.5 / 7) < 20
    assert abs(column - 320 * 5.5 / 7) < 20


def test_a_map_that_speaks_against_the_label_everywhere_stays_grey() -> None:
    pixels = drawn(np.full((7, 7), -3.0, dtype=np.float32))
    assert (pixels.max(axis=2) - pixels.min(axis=2)).max() <= 4
