"""Visits of the last sixty days: how they came, what they saw, how far they went.

Only visitors who allow statistics leave visits; of the others there are counts of pages. Two
programs that call themselves browsers and a wave of robots last night are among them, so that a new
shop shows what finding them looks like.
"""

import hashlib
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

import numpy as np

from ecomsite.demo.loading.catalogue import Keys
from ecomsite.demo.loading.clock import Clock
from ecomsite.demo.trade import DAY, PlacedOrder, Trade
from insights.models import Interaction, Page, TrafficHour, Visit
from insights.services.robots import find_robots
from insights.services.rolling_up import roll_up
from learning.bulk import insert_columns

VISIT_DAYS: Final = 60
# Visits without an order for each with one. Most shops have more; a demo must be ready in a minute.
PER_ORDER: Final = 6.0
KINDS: Final = Interaction.Kind
# How visits come: share, and what they see first.
SOURCES: Final = (
    (Visit.Source.DIRECT, 0.34, "", "", (Page.HOME,)),
    (Visit.Source.SEARCH, 0.27, "baidu.com", "", (Page.PRODUCT, Page.CATEGORY)),
    (Visit.Source.SOCIAL, 0.15, "weibo.com", "", (Page.PRODUCT,)),
    (Visit.Source.EMAIL, 0.08, "newsletter", "monthly", (Page.HOME, Page.CATEGORY)),
    (Visit.Source.CAMPAIGN, 0.09, "partner", "autumn", (Page.CATEGORY, Page.HOME)),
    (Visit.Source.REFERRAL, 0.07, "blog.example.org", "", (Page.PRODUCT, Page.HOME)),
)
# What people who come that way go on to do more or less often.
EAGER: Final = {
    Visit.Source.DIRECT: 1.2,
    Visit.Source.EMAIL: 1.4,
    Visit.Source.SOCIAL: 0.5,
    Visit.Source.CAMPAIGN: 0.8,
}
ROWS: Final[Mapping[str, tuple[str, str]]] = {
    Page.HOME: ("home.guess_you_like", "branch:popular"),
    Page.CATEGORY: ("category.order", ""),
    Page.SEARCH: ("search.rerank", ""),
    Page.PRODUCT: ("product.similar", "branch:content"),
    Page.CART: ("cart.complement", "branch:popular"),
}
NOT_FOUND: Final = {
    True: ("保温杯", "雨伞", "蓝牙音箱", "礼品卡", "围巾", "电热毯", "手机壳", "香薰机"),
    False: ("thermos", "umbrella", "bluetooth speaker", "gift card", "scarf", "phone case"),
}
FOUND: Final = {
    True: ("茶杯", "茶壶", "盘子", "碗", "台灯", "毛绒玩具", "蓝色", "花瓶", "背包", "T恤"),
    False: ("teapot", "cup", "plate", "bowl", "lamp", "soft toy", "blue", "vase", "bag", "shirt"),
}
# Of a day, by the hour.
HOURLY: Final = (2, 1, 1, 1, 1, 2, 4, 6, 8, 9, 10, 10, 12, 11, 9, 9, 9, 9, 10, 12, 14, 14, 10, 5)
ROBOT_PAGES_AN_HOUR: Final = 22.0
WAVE_PAGES: Final = 2_600
WAVE_HOUR: Final = 4


@dataclass(slots=True)
class _Chance:
    """Random numbers, drawn many at a time."""

    rng: np.random.Generator
    _drawn: list[float] = field(default_factory=list)

    def draw(self) -> float:
        if not self._drawn:
            self._drawn = self.rng.random(100_000).tolist()
        return self._drawn.pop()

    def one_of(self, choices: Any) -> Any:
        return choices[int(self.draw() * len(choices))]

    def is_so(self, share: float) -> bool:
        return self.draw() < share

    def between(self, least: int, most: int) -> int:
        return least + int(self.draw() * (most - least + 1))


@dataclass(slots=True)
class _Visit:
    """columns of its events: kind, page, product, placement, position, source, words, results,
    units, second."""

    shopper: int
    is_known: bool
    source: int
    entry: str = ""
    events: list[tuple[Any, ...]] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    second: int = 0
    n_orders: int = 0

    def add(self, kind: str, page: str, product: int | None = None, **more: Any) -> None:
        self.events.append(
            (
                str(kind),
                str(page),
                product,
                more.get("placement", ""),
                more.get("position"),
                more.get("chosen_by", ""),
                more.get("words", ""),
                more.get("results"),
                more.get("units"),
                self.second,
            )
        )

    def open(self, page: str, product: int | None = None) -> None:
        self.entry = self.entry or str(page)
        self.add(KINDS.VIEW, page, product)
        if self.path[-1:] != [str(page)] and len(self.path) < 18:
            self.path.append(str(page))


class _Shop:
    """What visits are drawn from."""

    def __init__(self, trade: Trade, *, seed: int) -> None:
        self.trade = trade
        self.chance = _Chance(np.random.default_rng(seed))
        pull = trade.shoppers.taste[:, trade.goods.category]
        self.steps = np.cumsum(pull / pull.sum(axis=1, keepdims=True), axis=1)
        self._steps: dict[int, list[float]] = {}
        self.n_products = len(trade.goods.products)
        shares = np.array([source[1] for source in SOURCES])
        eager = np.array([EAGER.get(source[0], 1.0) for source in SOURCES])
        self.shares = np.cumsum(shares).tolist()
        self.buying_shares = np.cumsum(shares * eager / (shares * eager).sum()).tolist()
        self.hours = np.cumsum(np.array(HOURLY) / sum(HOURLY)).tolist()

    def product(self, shopper: int, day: int) -> int:
        steps = self._steps.get(shopper)
        if steps is None:
            steps = self._steps[shopper] = self.steps[shopper].tolist()
        for _attempt in range(5):
            drawn = min(bisect_left(steps, self.chance.draw()), self.n_products - 1)
            if self.trade.launched[drawn] <= day:
                return drawn
        return 0

    def source(self, *, buys: bool = False) -> int:
        drawn = self.chance.draw()
        shares = self.buying_shares if buys else self.shares
        return next(
            (place for place, share in enumerate(shares) if drawn < share), len(SOURCES) - 1
        )

    def moment(self, day: int) -> int:
        drawn = self.chance.draw()
        hour = next((hour for hour, share in enumerate(self.hours) if drawn < share), 23)
        return day * DAY + hour * 3600 + self.chance.between(0, 3599)

    def look_around(self, visit: _Visit, page: str, *, want: int | None = None) -> int | None:
        """Cards of a page come into sight; one of them may be clicked, or is for certain."""
        placement, chosen_by = ROWS[page]
        day = visit.second // DAY
        n_seen = self.chance.between(1, 3)
        wanted_at = self.chance.between(1, n_seen) if want is not None else 0
        clicked = None
        for position in range(1, n_seen + 1):
            product = self.product(visit.shopper, day)
            if position == wanted_at and want is not None:
                product = want
            seen = {"placement": placement, "position": position, "chosen_by": chosen_by}
            visit.second += self.chance.between(1, 4)
            visit.add(KINDS.IMPRESSION, page, product, **seen)
            is_clicked = (
                position == wanted_at
                if want is not None
                else self.chance.is_so(0.16 / (1 + 0.3 * position))
            )
            if is_clicked and clicked is None:
                visit.second += self.chance.between(1, 5)
                visit.add(KINDS.CLICK, page, product, **seen)
                clicked = product
        return clicked

    def search(self, visit: _Visit) -> None:
        is_chinese = bool(self.trade.shoppers.speaks_chinese[visit.shopper])
        is_found = not self.chance.is_so(0.13)
        words = self.chance.one_of((FOUND if is_found else NOT_FOUND)[is_chinese])
        visit.open(Page.SEARCH)
        visit.add(
            KINDS.SEARCH,
            Page.SEARCH,
            words=words,
            results=self.chance.between(1, 30) if is_found else 0,
        )

    def browse(self, visit: _Visit) -> int | None:
        """From the first page on, until the visitor has enough; the last product seen."""
        chance = self.chance
        page: str | None = str(chance.one_of(SOURCES[visit.source][4]))
        product: int | None = None
        last: int | None = None
        n_pages = 0
        while page is not None and n_pages < 14:
            n_pages += 1
            if page == Page.SEARCH:
                self.search(visit)
            else:
                if page == Page.PRODUCT and product is None:
                    product = self.product(visit.shopper, visit.second // DAY)
                visit.open(page, product if page == Page.PRODUCT else None)
                last = product if page == Page.PRODUCT else last
            visit.second += chance.between(4, 40)
            if n_pages == 1 and chance.is_so(0.56):
                return last
            clicked = self.look_around(visit, page)
            visit.second += chance.between(2, 20)
            if clicked is not None:
                page, product = str(Page.PRODUCT), clicked
            elif chance.is_so(0.55):
                page = str(chance.one_of((Page.CATEGORY, Page.CATEGORY, Page.SEARCH)))
                product = None
            else:
                page = None
        return last


def load_behaviour(
    trade: Trade, keys: Keys, user_ids: list[int | None], clock: Clock, *, seed: int
) -> None:
    shop = _Shop(trade, seed=seed)
    since = max(0, trade.n_days - VISIT_DAYS)
    allowing = {
        place for place in range(len(trade.shoppers)) if _allows_statistics(user_ids, place)
    }
    visits = [
        *_visits_with_orders(shop, since=since, user_ids=user_ids, allowing=allowing),
        *_visits_without(shop, since=since, allowing=allowing),
        *_visits_of_programs(shop),
    ]
    visits.sort(key=lambda visit: (visit.events[0][-1], visit.shopper))
    for visit in visits:
        # Nothing happened after the history ends.
        visit.events = [event for event in visit.events if event[-1] < trade.end]
    visits = [visit for visit in visits if visit.events]
    _write(trade, visits, keys, user_ids, clock, seed=seed)
    _write_traffic(visits, clock, shop.chance.rng, last_day=trade.n_days - 1)
    find_robots(since=clock.moment(since * DAY))
    # Every day of them, not only those that a night looks at.
    last: date = clock.day(trade.n_days - 1)
    roll_up(as_of=last, days=trade.n_days - since)


def _allows_statistics(user_ids: list[int | None], place: int) -> bool:
    """As `load_people` has it of customers; of guests, seven of ten."""
    return place % 10 < (7 if user_ids[place] is None else 9)


def _visits_with_orders(
    shop: _Shop, *, since: int, user_ids: list[int | None], allowing: set[int]
) -> Iterator[_Visit]:
    for order in shop.trade.orders:
        if order.placed_at < since * DAY or order.shopper not in allowing:
            continue
        yield _bought(shop, order, is_known=user_ids[order.shopper] is not None)


def _bought(shop: _Shop, order: PlacedOrder, *, is_known: bool) -> _Visit:
    chance = shop.chance
    visit = _Visit(order.shopper, is_known=is_known, source=shop.source(buys=True))
    visit.second = order.placed_at - chance.between(300, 1_500)
    shop.browse(visit)
    for line in order.lines:
        # What was wanted is found on a shelf, among similar things, or known before.
        if chance.is_so(0.55):
            page = str(chance.one_of((Page.HOME, Page.CATEGORY, Page.PRODUCT)))
            shop.look_around(visit, page, want=line.product)
        visit.second += chance.between(5, 30)
        visit.open(Page.PRODUCT, line.product)
        visit.second += chance.between(5, 40)
        visit.add(KINDS.ADD_TO_CART, "", line.product, units=line.quantity)
    if chance.is_so(0.08):
        visit.add(KINDS.REMOVE_FROM_CART, Page.CART, shop.product(order.shopper, 0), units=1)
    # However long that took, the order was placed when it was placed.
    late = max(0, visit.second + 60 - order.placed_at)
    visit.events = [(*event[:-1], event[-1] - late) for event in visit.events]
    visit.second = order.placed_at - 45
    for page in (Page.CART, Page.CHECKOUT):
        visit.open(page)
        visit.second += 20
    visit.second = order.placed_at
    for line in order.lines:
        click = next(
            (
                event
                for event in reversed(visit.events)
                if event[0] == KINDS.CLICK and event[2] == line.product
            ),
            None,
        )
        names = ("placement", "position", "chosen_by")
        seen = {} if click is None else dict(zip(names, click[3:6], strict=True))
        visit.add(KINDS.PURCHASE, Page.THANKS, line.product, units=line.quantity, **seen)
    visit.open(Page.THANKS)
    visit.n_orders = 1
    return visit


def _visits_without(shop: _Shop, *, since: int, allowing: set[int]) -> Iterator[_Visit]:
    trade, chance = shop.trade, shop.chance
    n_orders = Counter(order.placed_at // DAY for order in trade.orders)
    everybody = np.array(sorted(allowing))
    joined, left = trade.shoppers.joined[everybody], trade.shoppers.left[everybody]
    for day in range(since, trade.n_days):
        people = everybody[(joined <= day) & (day < left)]
        if not len(people):
            continue
        n_visits = chance.rng.poisson(PER_ORDER * max(n_orders[day], 1))
        for shopper in chance.rng.choice(people, n_visits).tolist():
            visit = _Visit(shopper, is_known=chance.is_so(0.15), source=shop.source())
            visit.second = shop.moment(day)
            last = shop.browse(visit)
            eager = EAGER.get(SOURCES[visit.source][0], 1.0)
            if last is not None and chance.is_so(0.12 * eager):
                visit.add(KINDS.ADD_TO_CART, "", last, units=1)
                visit.second += 10
                visit.open(Page.CART)
                if chance.is_so(0.35):
                    visit.second += 25
                    visit.open(Page.CHECKOUT)
            yield visit


def _visits_of_programs(shop: _Shop) -> Iterator[_Visit]:
    """Two that took every product page, one after the other."""
    for days_ago, pause in ((9, 1.4), (2, 11.0)):
        visit = _Visit(shopper=0, is_known=False, source=0)
        start = (shop.trade.n_days - days_ago) * DAY + 2 * 3600
        for number in range(160):
            visit.second = start + int(number * pause)
            visit.open(Page.PRODUCT, number % shop.n_products)
        yield visit


def _write(
    trade: Trade,
    visits: list[_Visit],
    keys: Keys,
    user_ids: list[int | None],
    clock: Clock,
    *,
    seed: int,
) -> None:
    languages = [_language(trade, visit.shopper) for visit in visits]
    browsers = [_browser(seed, visit, place) for place, visit in enumerate(visits)]
    customers = [user_ids[visit.shopper] if visit.is_known else None for visit in visits]
    kinds = [{event[0] for event in visit.events} for visit in visits]
    pages = [{event[1] for event in visit.events if event[0] == KINDS.VIEW} for visit in visits]
    views = [sum(event[0] == KINDS.VIEW for event in visit.events) for visit in visits]
    attention = {KINDS.IMPRESSION, KINDS.CLICK, KINDS.ADD_TO_CART, KINDS.REMOVE_FROM_CART}
    insert_columns(
        Visit,
        {
            "visitor_key": browsers,
            "customer_id": customers,
            "started_at": _moments(clock, [min(e[-1] for e in v.events) for v in visits]),
            "ended_at": _moments(clock, [max(e[-1] for e in v.events) for v in visits]),
            "entry_page": [visit.entry for visit in visits],
            "source": [str(SOURCES[visit.source][0]) for visit in visits],
            "referrer": [SOURCES[visit.source][2] for visit in visits],
            "campaign": [SOURCES[visit.source][3] for visit in visits],
            "device": [_device(visit.shopper) for visit in visits],
            "language": languages,
            "path": [" ".join(visit.path) for visit in visits],
            "n_views": views,
            "n_events": [len(visit.events) for visit in visits],
            "n_seen": [sum(e[0] in attention for e in visit.events) for visit in visits],
            "saw_product": [Page.PRODUCT in each for each in pages],
            "added_to_cart": [KINDS.ADD_TO_CART in each for each in kinds],
            "began_checkout": [Page.CHECKOUT in each for each in pages],
            "n_orders": [visit.n_orders for visit in visits],
        },
    )
    visit_ids = list(Visit.objects.order_by("pk").values_list("pk", flat=True))[-len(visits) :]
    rows = [(place, event) for place, visit in enumerate(visits) for event in visit.events]
    rows.sort(key=lambda row: row[1][-1])
    products = dict(enumerate(keys.products))
    columns = list(zip(*(event for _place, event in rows), strict=True))
    insert_columns(
        Interaction,
        {
            "event_id": [_event_id(seed, number) for number in range(len(rows))],
            "kind": columns[0],
            "page": columns[1],
            "product_id": [None if each is None else products[each] for each in columns[2]],
            "placement": columns[3],
            "position": columns[4],
            "source": columns[5],
            "query": columns[6],
            "n_results": columns[7],
            "quantity": columns[8],
            "occurred_at": _moments(clock, list(columns[9])),
            "visitor_key": [browsers[place] for place, _event in rows],
            "customer_id": [customers[place] for place, _event in rows],
            "visit_id": [visit_ids[place] for place, _event in rows],
            "language": [languages[place] for place, _event in rows],
        },
    )


def _write_traffic(
    visits: list[_Visit], clock: Clock, rng: np.random.Generator, *, last_day: int
) -> None:
    """Pages by hour: of those above and of as many more again who allow nothing."""
    followed: Counter[tuple[int, str]] = Counter()
    events: Counter[int] = Counter()
    for visit in visits:
        for event in visit.events:
            hour = event[-1] // 3600
            if event[0] == KINDS.VIEW:
                followed[hour, event[1]] += 1
            elif event[0] in (KINDS.IMPRESSION, KINDS.CLICK):
                events[hour] += 1
    rows: list[tuple[int, str, str, int]] = []
    for (hour, page), number in followed.items():
        rows.append((hour, str(TrafficHour.Counted.FOLLOWED), page, number))
        served = number + int(rng.poisson(0.6 * number))
        rows.append((hour, str(TrafficHour.Counted.PAGES), page, served))
        events[hour] += number
    rows += [(hour, str(TrafficHour.Counted.EVENTS), "", n) for hour, n in events.items()]
    first = min(hour for hour, _page in followed)
    for hour in range(first, (last_day + 1) * 24):
        n_pages = int(rng.poisson(ROBOT_PAGES_AN_HOUR))
        if hour == last_day * 24 + WAVE_HOUR:
            n_pages += WAVE_PAGES
        rows.append((hour, str(TrafficHour.Counted.ROBOTS), str(Page.PRODUCT), n_pages))
    insert_columns(
        TrafficHour,
        {
            "hour": _moments(clock, [hour * 3600 for hour, *_rest in rows]),
            "counted": [row[1] for row in rows],
            "page": [row[2] for row in rows],
            "count": [row[3] for row in rows],
        },
    )


def _moments(clock: Clock, seconds: list[int]) -> Any:
    return clock.moments(np.array(seconds, dtype=np.int64))


def _language(trade: Trade, shopper: int) -> str:
    return "zh-hans" if trade.shoppers.speaks_chinese[shopper] else "en"


def _device(shopper: int) -> str:
    """Everybody keeps theirs."""
    drawn = shopper * 37 % 100
    if drawn < 62:
        return str(Visit.Device.PHONE)
    return str(Visit.Device.COMPUTER if drawn < 94 else Visit.Device.TABLET)


def _browser(seed: int, visit: _Visit, place: int) -> str:
    """Of a shopper always the same, as a cookie is; others come once, or delete it."""
    lasts = visit.n_orders or visit.is_known
    name = f"{seed} shopper {visit.shopper}" if lasts else f"{seed} visit {place}"
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _event_id(seed: int, number: int) -> str:
    """32 digits, which SQLite stores as they are and PostgreSQL reads as a UUID."""
    return UUID(int=(seed % 2**32 << 64) + number + 1, version=4).hex
