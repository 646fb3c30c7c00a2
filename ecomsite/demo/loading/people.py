"""Customers with their addresses and consents."""

from django.contrib.auth.hashers import make_password

from customers.models import Address, Consent, User
from ecomsite.demo.loading.clock import Clock
from ecomsite.demo.trade import DAY, Trade

BATCH = 300
STREETS_ZH = ("人民路", "中山路", "建设街", "学府路", "梧桐里", "湖滨路", "和平巷", "东风大道")
STREETS_EN = ("Park Road", "Mill Lane", "Station Street", "Garden Row", "Hill Avenue")


def load_people(trade: Trade, clock: Clock) -> list[int | None]:
    """The key of each shopper's account; None for guests and for those who never ordered."""
    people = trade.shoppers
    buyers = {order.shopper for order in trade.orders}
    wanted = [
        place for place in range(len(people)) if place in buyers and not people.is_guest[place]
    ]
    # A password that nobody can use, hashed once: a thousand hashes would take a minute.
    unusable = make_password(None)
    User.objects.bulk_create(
        [
            User(
                username=username_of(place),
                password=unusable,
                email=email_of(place),
                first_name=people.first_name[place],
                last_name=people.last_name[place],
                language="zh-hans" if people.speaks_chinese[place] else "en",
                country=people.country[place],
                date_joined=clock.moment(max(int(people.joined[place]), 0) * DAY),
            )
            for place in wanted
        ],
        batch_size=BATCH,
    )
    by_name = dict(User.objects.filter(is_staff=False).values_list("username", "pk"))
    keys: list[int | None] = [None] * len(people)
    for place in wanted:
        keys[place] = by_name[username_of(place)]
    Address.objects.bulk_create(
        [_address(trade, place, by_name[username_of(place)]) for place in wanted],
        batch_size=BATCH,
    )
    Consent.objects.bulk_create(
        [
            Consent(
                user_id=by_name[username_of(place)],
                purpose=purpose,
                # Some agree to everything, some to nothing but what the purchase needs.
                is_granted=place % 10 < share,
            )
            for place in wanted
            for purpose, share in (
                (Consent.Purpose.PERSONALISATION, 9),
                (Consent.Purpose.ANALYTICS, 9),
                (Consent.Purpose.MARKETING, 6),
            )
        ],
        batch_size=BATCH,
    )
    return keys


def username_of(place: int) -> str:
    return f"customer{place + 1:05d}"


def email_of(place: int) -> str:
    return f"{username_of(place)}@example.com"


def full_name(trade: Trade, place: int) -> str:
    people = trade.shoppers
    if people.speaks_chinese[place]:
        return people.last_name[place] + people.first_name[place]
    return f"{people.first_name[place]} {people.last_name[place]}"


def street(trade: Trade, place: int) -> str:
    if trade.shoppers.speaks_chinese[place]:
        return f"{STREETS_ZH[place % len(STREETS_ZH)]} {place % 198 + 1} 号"
    return f"{place % 198 + 1} {STREETS_EN[place % len(STREETS_EN)]}"


def _address(trade: Trade, place: int, user_id: int) -> Address:
    people = trade.shoppers
    return Address(
        user_id=user_id,
        recipient=full_name(trade, place),
        line=street(trade, place),
        city=people.city[place],
        region=people.region[place],
        country=people.country[place],
        is_default=True,
    )
