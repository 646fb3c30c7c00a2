"""How a visitor came, and with what: read from the address, the page before, the browser's name."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import parse_qs, urlsplit

from insights.models import Visit
from insights.services.events import clean_text

MOST_CHARACTERS: Final = 100
_ROBOT: Final = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|headless|preview|scrape|curl|wget|python|httpx|okhttp|libwww|"
    r"java/|go-http|axios|phantomjs|lighthouse|pingdom|uptime|monitor|facebookexternalhit|archiver",
    re.IGNORECASE,
)
_TABLET: Final = re.compile(r"ipad|tablet|playbook|silk|kindle|android(?!.*mobile)", re.IGNORECASE)
_PHONE: Final = re.compile(r"mobi|iphone|ipod|android|windows phone", re.IGNORECASE)
_COMPUTER: Final = re.compile(r"windows nt|macintosh|x11|cros|linux", re.IGNORECASE)

# The part of a host before its country: google.com and google.co.uk.
_SEARCH_ENGINES: Final = frozenset(
    {"google", "bing", "baidu", "sogou", "so", "sm", "yandex", "duckduckgo", "yahoo", "ecosia"}
    | {"naver", "qwant", "startpage", "toutiao", "haosou", "brave"}
)
_NETWORKS: Final = frozenset(
    {"weibo", "weixin", "wechat", "qq", "douyin", "xiaohongshu", "zhihu", "bilibili", "douban"}
    | {"facebook", "instagram", "twitter", "x", "t", "pinterest", "tiktok", "youtube", "reddit"}
    | {"linkedin", "threads", "snapchat", "whatsapp", "telegram", "kuaishou"}
)
_LETTERS: Final = frozenset({"mail", "outlook", "webmail"})
_SECOND_LEVEL: Final = frozenset({"co", "com", "org", "net", "ac", "gov"})


@dataclass(frozen=True, slots=True)
class Arrival:
    """came_by: a `Visit.Source`; referrer: who sent the visitor here."""

    came_by: str = Visit.Source.DIRECT
    referrer: str = ""
    campaign: str = ""


def read_arrival(*, query: str, referrer: str, own_host: str) -> Arrival:
    """query: of the address that was opened, without its question mark."""
    marks = _marks(query)
    source, medium = marks.get("utm_source", ""), marks.get("utm_medium", "").lower()
    campaign = marks.get("utm_campaign", "")
    if "mail" in medium or source.lower() in ("newsletter", "email"):
        return Arrival(Visit.Source.EMAIL, source, campaign)
    if source or campaign:
        kind = Visit.Source.SOCIAL if "social" in medium else Visit.Source.CAMPAIGN
        return Arrival(kind, source, campaign)
    return _of_host(_host(referrer), own_host.partition(":")[0].lower())


@lru_cache(maxsize=2_000)
def read_device(agent: str) -> str:
    if _TABLET.search(agent):
        return Visit.Device.TABLET
    if _PHONE.search(agent):
        return Visit.Device.PHONE
    return Visit.Device.COMPUTER if _COMPUTER.search(agent) else Visit.Device.UNKNOWN


@lru_cache(maxsize=2_000)
def is_robot(agent: str) -> bool:
    """By the name that a program gives itself; one without any name is none of a person."""
    return not agent.strip() or _ROBOT.search(agent) is not None


def _marks(query: str) -> dict[str, str]:
    if "utm_" not in query:
        return {}
    try:
        found = parse_qs(query[:2_000], max_num_fields=40)
    except ValueError:
        return {}
    return {name: clean_text(values[0], most=MOST_CHARACTERS) for name, values in found.items()}


def _host(address: str) -> str:
    try:
        return (urlsplit(address[:2_000]).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _of_host(host: str, own_host: str) -> Arrival:
    if not host or host == own_host.removeprefix("www."):
        return Arrival()
    host = clean_text(host, most=MOST_CHARACTERS)
    parts = host.split(".")
    parts = parts[:-1] if len(parts) > 1 else parts
    if len(parts) > 1 and parts[-1] in _SECOND_LEVEL:
        parts = parts[:-1]
    if any(part in _LETTERS for part in parts):
        return Arrival(Visit.Source.EMAIL, host)
    if parts[-1] in _SEARCH_ENGINES:
        return Arrival(Visit.Source.SEARCH, host)
    if parts[-1] in _NETWORKS:
        return Arrival(Visit.Source.SOCIAL, host)
    return Arrival(Visit.Source.REFERRAL, host)
