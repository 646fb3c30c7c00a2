"""The drawn pictures: every kind shows something, the same look shows the same."""

import numpy as np
import pytest
from PIL import Image, ImageChops

from ecomsite.demo.drawing.canvas import Canvas
from ecomsite.demo.drawing.develop import developed, encode
from ecomsite.demo.drawing.look import DRAWINGS, Look
from ecomsite.demo.drawing.palette import rgb
from ecomsite.demo.drawing.studio import draw


def _share_near(picture: Image.Image, colour: str, *, distance: float = 48) -> float:
    pixels = np.asarray(picture, dtype=np.float64)
    apart = np.sqrt(((pixels - np.array(rgb(colour))) ** 2).sum(axis=2))
    return float((apart < distance).mean())


@pytest.mark.parametrize("kind", sorted(DRAWINGS))
def test_every_kind_stands_out_from_its_backdrop(kind: str) -> None:
    picture = draw(Look(kind, "lake", "wine", form=1), "oat")
    assert picture.size == (800, 800)
    empty = Canvas((238, 233, 226)).picture
    changed = np.asarray(ImageChops.difference(picture, empty)).max(axis=2) > 40
    assert changed.mean() > 0.02


def test_a_product_shows_its_own_colour() -> None:
    red = draw(Look("mug", "cinnabar"), "oat")
    blue = draw(Look("mug", "indigo"), "oat")
    assert _share_near(red, "cinnabar") > 0.05 > _share_near(blue, "cinnabar")
    assert _share_near(blue, "indigo") > 0.05 > _share_near(red, "indigo")


def test_a_pattern_changes_the_picture() -> None:
    plain = draw(Look("cushion", "white", "navy"), "oat")
    striped = draw(Look("cushion", "white", "navy", "stripes"), "oat")
    assert _share_near(striped, "navy") > _share_near(plain, "navy") + 0.02


def test_the_same_look_gives_the_same_pixels() -> None:
    look = Look("plant", "terracotta", "cream", "rings", 3, seed=7)
    assert draw(look, "celadon").tobytes() == draw(look, "celadon").tobytes()
    other = Look("plant", "terracotta", "cream", "rings", 3, seed=8)
    assert draw(look, "celadon").tobytes() != draw(other, "celadon").tobytes()


def test_pictures_come_in_the_order_of_their_looks() -> None:
    looks = [Look("soap", colour) for colour in ("ink", "cream", "rose")]
    with developed(looks, ["lake"] * 3) as pictures:
        assert list(pictures) == [encode(look, "lake") for look in looks]
