"""The calm colours that the whole catalogue shares, with the names that customers read."""

from dataclasses import dataclass

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Swatch:
    rgb: Colour
    name_en: str
    name_zh: str


def _swatch(code: str, name_en: str, name_zh: str) -> Swatch:
    red, green, blue = (int(code[i : i + 2], 16) for i in (0, 2, 4))
    return Swatch((red, green, blue), name_en, name_zh)


SWATCHES: dict[str, Swatch] = {
    "white": _swatch("F6F3EC", "Soft white", "月白"),
    "cream": _swatch("F1E7D3", "Cream", "奶油白"),
    "oat": _swatch("E2D3B8", "Oat", "燕麦色"),
    "sand": _swatch("D8BF97", "Sand", "沙色"),
    "ash": _swatch("CFCBC3", "Ash grey", "浅灰"),
    "stone": _swatch("A8A297", "Stone", "石灰色"),
    "slate": _swatch("66717C", "Slate", "青灰"),
    "ink": _swatch("34373E", "Ink", "墨色"),
    "navy": _swatch("2E3D57", "Navy", "藏青"),
    "indigo": _swatch("41598A", "Indigo", "靛蓝"),
    "lake": _swatch("5C90AC", "Lake blue", "湖蓝"),
    "sky": _swatch("A5C6DA", "Sky", "天青"),
    "mist": _swatch("C7D5D4", "Mist", "雾蓝"),
    "celadon": _swatch("A2C4B0", "Celadon", "青瓷色"),
    "jade": _swatch("5F9F86", "Jade", "翠色"),
    "pine": _swatch("3E6E5A", "Pine", "松绿"),
    "forest": _swatch("33503F", "Forest", "墨绿"),
    "moss": _swatch("84925A", "Moss", "苔绿"),
    "sage": _swatch("A9B79C", "Sage", "鼠尾草绿"),
    "butter": _swatch("F0D88A", "Butter", "奶黄"),
    "mustard": _swatch("DBAE42", "Mustard", "姜黄"),
    "persimmon": _swatch("E08A4B", "Persimmon", "柿橙"),
    "apricot": _swatch("EFB98A", "Apricot", "杏色"),
    "terracotta": _swatch("C0704F", "Terracotta", "陶土红"),
    "cinnabar": _swatch("C5503F", "Cinnabar", "朱砂红"),
    "wine": _swatch("823A45", "Wine", "酒红"),
    "blush": _swatch("EAC3B5", "Blush", "藕粉"),
    "rose": _swatch("CE8B8B", "Rose", "豆沙粉"),
    "lilac": _swatch("BBAECB", "Lilac", "丁香紫"),
    "plum": _swatch("7D5670", "Plum", "梅紫"),
    "cocoa": _swatch("6B4B3B", "Cocoa", "可可棕"),
    "walnut": _swatch("84603F", "Walnut", "胡桃色"),
    "oak": _swatch("CBA26F", "Oak", "橡木色"),
    "bamboo": _swatch("DDC081", "Bamboo", "竹色"),
    "brass": _swatch("C9A24F", "Brass", "黄铜色"),
    "copper": _swatch("C78058", "Copper", "紫铜色"),
    "steel": _swatch("B7BEC3", "Steel", "不锈钢色"),
    "glass": _swatch("DCE8E6", "Clear", "透明"),
}

SHADOW: Colour = (58, 46, 40)
LIGHT: Colour = (255, 252, 244)


def rgb(name: str) -> Colour:
    return SWATCHES[name].rgb


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """first where share is 0, second where it is 1."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def lighter(colour: Colour, share: float) -> Colour:
    return mix(colour, LIGHT, share)


def darker(colour: Colour, share: float) -> Colour:
    return mix(colour, SHADOW, share)


def luminance(colour: Colour) -> float:
    """Relative brightness in [0, 1]; pale accents go on dark colours and the other way round."""
    red, green, blue = colour
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255
