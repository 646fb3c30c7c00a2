"""Arrays in one file that processes share: mapped into memory, never copied.

    magic, 8 bytes | length of the header, 8 bytes little endian | header, JSON | padding | arrays

Every array starts at a multiple of ALIGNMENT. An `.npz` would be compressed or lie where no
address may point, and numpy never maps one.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from mmap import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

# What a model names as its format to be served from mapped memory.
FORMAT = "arrays"
MAGIC = b"arrays01"
ALIGNMENT = 64
# Integers, floats and bytes; nothing that could hold an object.
KINDS = "iufb"


@dataclass(frozen=True)
class Arrays:
    """arrays: read-only, of the file's own memory. described: what was said beside them."""

    arrays: Mapping[str, NDArray[Any]]
    described: Mapping[str, Any]


def pack(arrays: Mapping[str, NDArray[Any]], described: Mapping[str, Any]) -> bytes:
    """One file of them all; the same arrays give the same bytes."""
    entries: list[dict[str, Any]] = []
    offset = 0
    for name, array in arrays.items():
        if array.dtype.kind not in KINDS:
            raise ValueError(f"{name} holds no plain numbers")
        entries.append(
            {
                "name": name,
                "dtype": array.dtype.newbyteorder("<").str,
                "shape": array.shape,
                "offset": offset,
            }
        )
        offset += _padded(array.nbytes)
    header = json.dumps({"arrays": entries, "described": dict(described)}, sort_keys=True).encode()
    start = _padded(len(MAGIC) + 8 + len(header))
    data = bytearray(start + offset)
    data[: len(MAGIC)] = MAGIC
    data[len(MAGIC) : len(MAGIC) + 8] = len(header).to_bytes(8, "little")
    data[len(MAGIC) + 8 : len(MAGIC) + 8 + len(header)] = header
    for entry, array in zip(entries, arrays.values(), strict=True):
        raw = np.ascontiguousarray(array, dtype=entry["dtype"]).tobytes()
        at = start + entry["offset"]
        data[at : at + len(raw)] = raw
    return bytes(data)


def unpack(data: bytes | mmap) -> Arrays:
    """The arrays where they lie. Raises ValueError for anything that `pack` did not write."""
    if data[: len(MAGIC)] != MAGIC:
        raise ValueError("not a file of arrays")
    length = int.from_bytes(data[len(MAGIC) : len(MAGIC) + 8], "little")
    if length > len(data):
        raise ValueError("the header is longer than the file")
    header = json.loads(data[len(MAGIC) + 8 : len(MAGIC) + 8 + length])
    start = _padded(len(MAGIC) + 8 + length)
    arrays: dict[str, NDArray[Any]] = {}
    for entry in header["arrays"]:
        dtype = np.dtype(entry["dtype"])
        if dtype.kind not in KINDS:
            raise ValueError(f"{entry['name']} holds no plain numbers")
        array = np.frombuffer(
            data, dtype=dtype, count=math.prod(entry["shape"]), offset=start + entry["offset"]
        ).reshape(entry["shape"])
        array.flags.writeable = False
        arrays[entry["name"]] = array
    return Arrays(arrays=arrays, described=header["described"])


def _padded(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
