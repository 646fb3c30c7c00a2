import io
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from catalog.algorithms import decode
from catalog.algorithms.decode import Refusal, UnreadablePhotoError, decode_photo
from catalog.algorithms.renditions import SIDES, render
from tests.catalog.algorithms.pictures import (
    encode,
    make_flat_png,
    make_half_and_half,
    make_jpeg,
    make_picture,
    png_chunk,
    with_gps,
)


def refusal_of(content: bytes) -> Refusal:
    with pytest.raises(UnreadablePhotoError) as caught:
        decode_photo(content)
    return caught.value.code


def is_near(colour: object, wanted: tuple[int, int, int], by: int = 12) -> bool:
    return bool(np.abs(np.subtract(np.asarray(colour), wanted)).max() <= by)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_each_format_of_the_shop_is_read(file_format: str) -> None:
    photo = decode_photo(encode(make_picture(), file_format))
    assert (photo.format, photo.width, photo.height) == (file_format, 400, 300)
    assert (photo.pixels.mode, photo.pixels.size) == ("RGB", (400, 300))


@pytest.mark.parametrize("file_format", ["EPS", "ICO", "TIFF", "JPEG2000", "BMP", "PDF", "TGA"])
def test_formats_that_the_shop_does_not_take_are_refused(file_format: str) -> None:
    assert refusal_of(encode(make_picture(), file_format)) == Refusal.UNSUPPORTED_FORMAT


@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<html><body onload=alert(1)>",
        b"PK\x03\x04 not a picture",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        b"GIF88a" + bytes(40),
    ],
)
def test_files_that_are_no_pictures_are_refused(content: bytes) -> None:
    assert refusal_of(content) == Refusal.UNSUPPORTED_FORMAT


def test_nothing_and_too_much_are_refused() -> None:
    assert refusal_of(b"") == Refusal.EMPTY
    content = make_jpeg()
    assert decode_photo(content, max_bytes=len(content)).width == 400
    with pytest.raises(UnreadablePhotoError) as caught:
        decode_photo(content, max_bytes=len(content) - 1)
    assert caught.value.code == Refusal.TOO_MANY_BYTES


def test_a_bomb_is_refused_by_its_header_alone() -> None:
    # 50.4 megapixels of zeros pack into some 50 kB.
    bomb = make_flat_png(7200, 7000)
    assert len(bomb) < 100_000
    assert refusal_of(bomb) == Refusal.TOO_MANY_PIXELS


def test_webp_may_have_fewer_pixels_because_it_unpacks_to_more_memory() -> None:
    flat = Image.new("RGB", (4500, 4200))
    assert refusal_of(encode(flat, "WEBP", quality=1)) == Refusal.TOO_MANY_PIXELS
    assert decode_photo(encode(flat, "JPEG")).pixels.size == (1600, 1493)


@pytest.mark.parametrize(
    ("size", "code"),
    [((31, 200), Refusal.TOO_SMALL), ((1000, 99), Refusal.TOO_LONG), ((17000, 2000), None)],
)
def test_impossible_shapes_are_refused(size: tuple[int, int], code: Refusal | None) -> None:
    wanted = code or Refusal.TOO_MANY_PIXELS
    assert refusal_of(make_flat_png(*size)) == wanted


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_a_file_cut_in_the_middle_is_refused(file_format: str) -> None:
    whole = encode(make_picture(), file_format)
    assert refusal_of(whole[: len(whole) // 2]) == Refusal.DAMAGED


def test_a_png_with_missing_rows_is_refused() -> None:
    assert decode_photo(make_flat_png(300, 200)).pixels.size == (300, 200)
    assert refusal_of(make_flat_png(300, 200, n_rows=120)) == Refusal.DAMAGED


@pytest.mark.parametrize("size", [(33, 35), (64, 40), (101, 57)])
def test_an_interlaced_png_is_counted_pass_by_pass(size: tuple[int, int]) -> None:
    for mode in ("RGB", "L", "1", "RGBA"):
        content = encode(make_picture(*size).convert(mode), "PNG")
        assert decode_photo(content).pixels.size == size


def test_a_text_chunk_that_unpacks_to_a_flood_is_refused() -> None:
    flood = png_chunk(b"zTXt", b"note\0\0" + zlib.compress(bytes(80_000_000), 9))
    honest = make_flat_png(100, 100)
    assert refusal_of(honest[:33] + flood + honest[33:]) == Refusal.DAMAGED


def test_a_jpeg_with_hundreds_of_scans_is_refused() -> None:
    progressive = make_jpeg(progressive=True)
    assert decode_photo(progressive).pixels.size == (400, 300)
    scans = progressive.count(b"\xff\xda")
    start = progressive.rindex(b"\xff\xda")
    last_scan = progressive[start:-2]
    hostile = progressive[:-2] + last_scan * (decode.MAX_SCANS + 1 - scans) + progressive[-2:]
    assert refusal_of(hostile) == Refusal.TOO_MANY_SCANS


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photo_is_stored_upright(orientation: int) -> None:
    photo = decode_photo(with_gps(make_half_and_half(), orientation=orientation))
    turned = orientation >= 5
    assert (photo.width, photo.height) == ((200, 400) if turned else (400, 200))
    first = photo.pixels.getpixel((20, 20))
    last = photo.pixels.getpixel((photo.pixels.width - 20, photo.pixels.height - 20))
    red_first = orientation in {1, 4, 5, 6}
    assert is_near(first, (254, 0, 0) if red_first else (0, 0, 254))
    assert is_near(last, (0, 0, 254) if red_first else (254, 0, 0))


def test_nothing_private_survives() -> None:
    content = with_gps(make_picture()) + b"PK\x03\x04 a zip archive behind the picture"
    stored = render(decode_photo(content).pixels, "large").content
    for secret in (b"SecretCamera", b"my home address", b"Exif", b"PK\x03\x04"):
        assert secret in content
        assert secret not in stored
    with Image.open(io.BytesIO(stored)) as again:
        assert not again.getexif()
        assert not {"exif", "xmp", "comment", "icc_profile"} & set(again.info)


def test_text_and_profiles_of_a_png_are_left_behind() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = decode_photo(encode(make_picture(), "PNG", icc_profile=profile))
    assert photo.pixels.info == {}


def test_sixteen_bit_grey_keeps_its_shades() -> None:
    ramp = np.tile(np.linspace(0, 65_535, 256), (64, 1)).astype(np.uint16)
    photo = decode_photo(encode(Image.fromarray(ramp), "PNG"))
    row = np.asarray(photo.pixels)[32, :, 0].astype(int)
    assert np.abs(row - np.arange(256)).max() <= 1


def test_transparent_parts_become_white_paper() -> None:
    picture = Image.new("RGBA", (100, 80), (0, 0, 0, 0))
    picture.paste((200, 30, 30, 255), (0, 0, 50, 80))
    for file_format in ("PNG", "WEBP"):
        photo = decode_photo(
            encode(picture, file_format, **({"lossless": True} if file_format == "WEBP" else {}))
        )
        assert is_near(photo.pixels.getpixel((10, 40)), (200, 30, 30))
        assert photo.pixels.getpixel((90, 40)) == (255, 255, 255)


def test_a_palette_with_a_see_through_colour_becomes_white_paper() -> None:
    picture = Image.new("P", (60, 60), 0)
    picture.putpalette([0, 0, 0, 10, 200, 10])
    picture.paste(1, (0, 0, 30, 60))
    photo = decode_photo(encode(picture, "GIF", transparency=0))
    assert photo.pixels.getpixel((10, 30)) == (10, 200, 10)
    assert photo.pixels.getpixel((50, 30)) == (255, 255, 255)


def test_print_colours_become_screen_colours() -> None:
    photo = decode_photo(encode(make_half_and_half().convert("CMYK"), "JPEG"))
    assert photo.pixels.mode == "RGB"
    assert is_near(photo.pixels.getpixel((50, 100)), (254, 0, 0))


def test_of_an_animation_the_first_frame_is_taken() -> None:
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "lime", "blue")]
    for file_format in ("GIF", "WEBP", "PNG"):
        content = encode(frames[0], file_format, save_all=True, append_images=frames[1:])
        assert is_near(decode_photo(content).pixels.getpixel((32, 32)), (255, 0, 0))


def test_a_large_photo_is_kept_at_sixteen_hundred_pixels() -> None:
    photo = decode_photo(encode(make_picture(4000, 3000), "JPEG"))
    assert (photo.width, photo.height) == (4000, 3000)
    assert photo.pixels.size == (1600, 1200)


def test_renditions_have_their_side_and_are_never_enlarged() -> None:
    pixels = decode_photo(encode(make_picture(1000, 500), "PNG")).pixels
    sizes = {name: render(pixels, name) for name in SIDES}
    assert {name: (r.width, r.height) for name, r in sizes.items()} == {
        "small": (320, 160),
        "medium": (800, 400),
        "large": (1000, 500),
    }
    with Image.open(io.BytesIO(sizes["small"].content)) as small:
        assert (small.format, small.size) == ("WEBP", (320, 160))


def test_the_costliest_photo_that_is_taken_fits_into_three_hundred_megabytes() -> None:
    """Seventeen megapixels of transparent WebP in a few hundred bytes, in a process of its own."""
    content = encode(Image.new("RGBA", (4600, 3600), (9, 9, 9, 90)), "WEBP", lossless=True)
    assert len(content) < 10_000
    script = (
        "import resource, sys\n"
        "from catalog.algorithms.decode import decode_photo\n"
        "content = sys.stdin.buffer.read()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "assert decode_photo(content).pixels.size == (1600, 1252)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=content, capture_output=True, check=True
    )
    assert int(done.stdout) <= 300
