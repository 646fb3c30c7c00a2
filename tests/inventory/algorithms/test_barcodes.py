import numpy as np
import pytest
from numpy.typing import NDArray

from inventory.algorithms.barcodes import (
    MAX_CODE_128,
    Kind,
    Symbol,
    draw_symbol,
    is_ean_13,
    read_symbols,
)


def printed(symbol: Symbol, *, module: int = 3) -> NDArray[np.uint8]:
    """A picture of it: white paper around, bars 60 pixels high."""
    rows = np.repeat(symbol.modules, 60 if len(symbol.modules) == 1 else module, axis=0)
    black = np.repeat(rows, module, axis=1)
    return np.pad(np.where(black, 0, 255).astype(np.uint8), 40, constant_values=255)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("4006381333931", True),  # GS1's own example
        ("6901234567892", True),
        ("4006381333932", False),
        ("400638133393", False),
        ("４００６３８１３３３９３１", False),
        ("", False),
    ],
)
def test_an_ean_is_known_by_its_check_digit(text: str, known: bool) -> None:
    assert is_ean_13(text) is known


@pytest.mark.parametrize(
    ("text", "kind", "drawn"),
    [
        ("4006381333931", Kind.EAN_13, Kind.EAN_13),
        ("TEA-0001", Kind.CODE_128, Kind.CODE_128),
        ("TEA-0001", Kind.QR, Kind.QR),
        ("茶-0001", Kind.CODE_128, Kind.QR),
        ("X" * (MAX_CODE_128 + 1), Kind.CODE_128, Kind.QR),
    ],
)
def test_what_is_drawn_is_read_again_at_any_angle(text: str, kind: Kind, drawn: Kind) -> None:
    symbol = draw_symbol(text, kind=kind)
    assert symbol.kind == drawn
    for turns in range(4):
        assert read_symbols(np.ascontiguousarray(np.rot90(printed(symbol), turns))) == [text]


def test_an_ean_has_95_modules_and_its_guards() -> None:
    modules = draw_symbol("4006381333931", kind=Kind.EAN_13).modules[0].astype(int).tolist()
    assert len(modules) == 95
    assert (modules[:3], modules[45:50], modules[-3:]) == ([1, 0, 1], [0, 1, 0, 1, 0], [1, 0, 1])


def test_several_codes_on_one_picture_are_each_told_once() -> None:
    one = printed(draw_symbol("TEA-0001", kind=Kind.QR))
    other = printed(draw_symbol("TEA-0002", kind=Kind.QR))
    assert sorted(read_symbols(np.hstack([one, other, one]))) == ["TEA-0001", "TEA-0002"]


def test_a_picture_without_a_code_says_nothing() -> None:
    assert read_symbols(np.full((200, 200), 255, dtype=np.uint8)) == []
