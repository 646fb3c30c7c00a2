"""Does a PNG hold as many rows as its header promises?

A PNG cut short inside its image data, with chunk lengths and checksums set right again, loads
without a word in Pillow and shows black where rows are missing.
"""

import struct
import zlib

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Adam7: x start, y start, x step, y step of each pass (PNG specification, section 8).
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
_PIECE = 1 << 20


def has_all_rows(content: bytes) -> bool:
    """Counts the bytes that the image data unpacks to, holding one megabyte at a time.

    Raises ValueError where the chunks or the packed data cannot be followed.
    """
    try:
        promised = _n_promised_bytes(content)
        return _n_unpacked_bytes(content, enough=promised) >= promised
    except (struct.error, zlib.error) as error:
        raise ValueError(f"broken PNG: {error}") from error


def _n_promised_bytes(content: bytes) -> int:
    width, height, depth, colour, _packing, _filter, interlace = struct.unpack(
        ">IIBBBBB", content[16:29]
    )
    bits = depth * _CHANNELS.get(colour, 1)
    passes = _ADAM7 if interlace else ((0, 0, 1, 1),)
    total = 0
    for x_start, y_start, x_step, y_step in passes:
        columns = -(-(width - x_start) // x_step)
        rows = -(-(height - y_start) // y_step)
        if columns > 0 and rows > 0:
            total += rows * (1 + -(-columns * bits // 8))
    return total


def _n_unpacked_bytes(content: bytes, *, enough: int) -> int:
    unpacker = zlib.decompressobj()
    n_bytes, position = 0, 8
    while position + 8 <= len(content) and n_bytes < enough:
        length, kind = struct.unpack(">I4s", content[position : position + 8])
        if kind == b"IDAT":
            packed = content[position + 8 : position + 8 + length]
            while packed and n_bytes < enough:
                n_bytes += len(unpacker.decompress(packed, _PIECE))
                packed = unpacker.unconsumed_tail
        if kind == b"IEND":
            break
        position += 12 + length
    return n_bytes
