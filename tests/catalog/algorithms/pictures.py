"""Pictures and picture-like files made on the spot, the harmless and the hostile."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image


def make_picture(width: int = 400, height: int = 300, seed: int = 0) -> Image.Image:
    """A soft colour field, so that JPEG and WebP have something real to compress."""
    grid = np.random.default_rng(seed).integers(0, 256, size=(6, 8, 3), dtype=np.uint8)
    return Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC)


def encode(picture: Image.Image, file_format: str = "JPEG", **options: Any) -> bytes:
    target = io.BytesIO()
    picture.save(target, file_format, **options)
    return target.getvalue()


def make_jpeg(width: int = 400, height: int = 300, seed: int = 0, **options: Any) -> bytes:
    return encode(make_picture(width, height, seed), "JPEG", **options)


def make_half_and_half(width: int = 400, height: int = 200) -> Image.Image:
    """Left half red, right half blue."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (width // 2, 0, width, height))
    return picture


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def make_flat_png(width: int, height: int, *, n_rows: int | None = None) -> bytes:
    """A grey PNG that promises `height` rows and holds `n_rows` of them; small at any size."""
    packer = zlib.compressobj(9)
    row = b"\0" + bytes(width)
    n_written = height if n_rows is None else n_rows
    body = b"".join(packer.compress(row) for _ in range(n_written)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + png_chunk(b"IDAT", body)
        + png_chunk(b"IEND", b"")
    )


def with_gps(picture: Image.Image, *, orientation: int = 1) -> bytes:
    """A JPEG that says where and with which camera it was taken."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SecretCamera"
    exif[0x8825] = {1: "N", 2: (31.0, 14.0, 0.0), 3: "E", 4: (121.0, 28.0, 0.0)}
    return encode(picture, "JPEG", exif=exif.tobytes(), comment=b"my home address")
