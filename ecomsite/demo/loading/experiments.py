"""Experiments of the demo shop, each marked as made up, and the visitors that they were tried on.

Nobody visited this shop, so somebody has to say what visitors did: the rates below are the truth
that the pages of experiments then find again, or do not.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.utils import timezone

from catalog.models import Product
from customers.models import User
from insights.models import Interaction
from learning.bulk import insert_columns
from recommendations.models import Experiment, ExperimentArm
from recommendations.services.experiments import running_from
from recommendations.services.experiments_mixing import Mixing
from recommendations.services.propensity import with_propensity

DAYS: Final = 24
# Visitors who clicked in the row, by arm: today's way, and more variety.
CLICKED: Final = (0.11, 0.15)
ADDED_AFTER_CLICK: Final = 0.22
# Clicks on a product of a rank, wherever it stands: the other ranking puts the better ones first.
RANK_RATES: Final = (0.030, 0.032, 0.034, 0.036, 0.062, 0.070)
ROW: Final = 4


@dataclass(frozen=True, slots=True)
class _Event:
    kind: str
    visitor: str
    product_id: int
    placement: str
    position: int
    moment: datetime
    arm: str = ""
    source: str = ""


def load_experiments(*, today: date, small: bool, seed: int) -> int:
    """Returns how many interactions were written."""
    products = list(
        Product.objects.published().order_by("pk").values_list("pk", flat=True)[: len(RANK_RATES)]
    )
    if len(products) < len(RANK_RATES):
        return 0
    generator = np.random.default_rng(seed)
    manager = User.objects.filter(username="manager").first()
    start = timezone.make_aware(datetime.combine(today - timedelta(days=DAYS), time(0, 5)))
    events = [
        *_compared(start, products, manager, 900 if small else 6000, generator),
        *_rehearsed(start, products, manager, 200 if small else 1500, generator),
    ]
    _draft(manager)
    events.sort(key=lambda event: (event.moment, event.visitor, event.kind, event.position))
    return _write(events, seed=seed)


def _compared(
    start: datetime,
    products: Sequence[int],
    manager: User | None,
    n_visitors: int,
    generator: np.random.Generator,
) -> list[_Event]:
    """Two arms on the front page: it still runs."""
    experiment = Experiment.objects.create(
        key="demo-variety",
        title="More variety / 更多样",
        hypothesis=(
            "Rows of very similar products are looked at once; mixed rows are clicked by more "
            "visitors. / 一行都是相似商品，看一眼就过去了；多样一些，会有更多访客点击。"
        ),
        placement="home.guess_you_like",
        status=Experiment.Status.RUNNING,
        window_days=1,
        smallest_effect_percent=20,
        planned_visitors=8000,
        salt="demo-variety",
        is_demo=True,
        created_by=manager,
        started_at=start,
    )
    _add_arms(experiment, {"diversity": 0.6})
    running = running_from(experiment)
    place = {arm.key: at for at, arm in enumerate(running.arms)}
    events = []
    for number in range(n_visitors):
        key = _visitor("variety", number)
        arm = running.arm_of(visitor_key=key, customer_id=None)
        if arm is None:
            continue
        moment = _moment(start, number, n_visitors, generator)
        shown = products[int(generator.integers(len(products)))]
        told: dict[str, Any] = {
            "visitor": key,
            "product_id": shown,
            "placement": experiment.placement,
            "position": 1,
            "arm": arm.label,
            "source": "branch:popular",
        }
        events.append(_Event(kind="impression", moment=moment, **told))
        if generator.random() < CLICKED[place[arm.key]]:
            events.append(_Event(kind="click", moment=moment + timedelta(seconds=20), **told))
            if generator.random() < ADDED_AFTER_CLICK:
                later = moment + timedelta(seconds=95)
                events.append(_Event(kind="add_to_cart", moment=later, **told))
    return events


def _rehearsed(
    start: datetime,
    products: Sequence[int],
    manager: User | None,
    n_visitors: int,
    generator: np.random.Generator,
) -> list[_Event]:
    """Rows of which some were filled by chance: what would the other ranking have earned?"""
    experiment = Experiment.objects.create(
        key="demo-rehearsal",
        title="Purchases count too / 也看购买",
        hypothesis=(
            "Before visitors meet it: would the other ranking have been clicked more? / "
            "上线之前先估计：换一种排序，点击会更多吗？"
        ),
        placement="cart.complement",
        method=Experiment.Method.REHEARSAL,
        status=Experiment.Status.STOPPED,
        window_days=1,
        exploration_percent=40,
        planned_visitors=n_visitors,
        salt="demo-rehearsal",
        is_demo=True,
        created_by=manager,
        started_at=start,
        stopped_at=start + timedelta(days=DAYS - 3),
    )
    _add_arms(experiment, {"mix": {"together": 1.0, "similar": 0.5}})
    running = running_from(experiment)
    first = list(products[:ROW])
    # Two of its products stand where they stand today.
    second = [products[5], products[1], products[2], products[4]]
    rates = dict(zip(products, RANK_RATES, strict=True))
    events = []
    for number in range(n_visitors):
        key = _visitor("rehearsal", number)
        mixing = Mixing(running, key, running.arm(0), running.arm(1))
        moment = _moment(start, number, n_visitors, generator, days=DAYS - 4)
        for position, placed in enumerate(
            mixing.fill(first=first, second=second, limit=ROW), start=1
        ):
            told: dict[str, Any] = {
                "visitor": key,
                "product_id": placed.product_id,
                "placement": experiment.placement,
                "position": position,
                "arm": placed.label,
                "source": with_propensity("branch:trending", placed.chance),
            }
            events.append(_Event(kind="impression", moment=moment, **told))
            if generator.random() < rates[placed.product_id]:
                later = moment + timedelta(seconds=15 + position)
                events.append(_Event(kind="click", moment=later, **told))
    return events


def _draft(manager: User | None) -> None:
    experiment = Experiment.objects.create(
        key="demo-shared-row",
        title="Two rankings, one row / 一行两种排序",
        placement="cart.complement",
        method=Experiment.Method.INTERLEAVING,
        is_demo=True,
        created_by=manager,
    )
    _add_arms(experiment, {"mix": {"item_neighbours": 1.0}})


def _add_arms(experiment: Experiment, settings: dict[str, Any]) -> None:
    ExperimentArm.objects.bulk_create(
        [
            ExperimentArm(experiment=experiment, key="a", name="As today / 现状", is_control=True),
            ExperimentArm(experiment=experiment, key="b", name="B", settings=settings),
        ]
    )


def _moment(
    start: datetime, number: int, n: int, generator: np.random.Generator, days: int = DAYS
) -> datetime:
    """Spread over the days, between eight in the morning and eleven at night."""
    day = number * days // n
    seconds = int(generator.integers(8 * 3600, 23 * 3600))
    midnight = (timezone.localtime(start) + timedelta(days=day)).date()
    return timezone.make_aware(datetime.combine(midnight, time())) + timedelta(seconds=seconds)


def _visitor(experiment: str, number: int) -> str:
    return blake2b(f"demo {experiment} {number}".encode(), digest_size=16).hexdigest()


def _write(events: Sequence[_Event], *, seed: int) -> int:
    columns: dict[str, list[Any]] = defaultdict(list)
    for number, event in enumerate(events):
        # Apart from the ids of the visits, which count from one.
        columns["event_id"].append(
            UUID(int=(seed % 2**32 << 64) + (1 << 48) + number, version=4).hex
        )
        columns["kind"].append(event.kind)
        columns["visitor_key"].append(event.visitor)
        columns["product_id"].append(event.product_id)
        columns["placement"].append(event.placement)
        columns["position"].append(event.position)
        columns["source"].append(event.source)
        columns["arm"].append(event.arm)
        columns["language"].append("zh-hans" if event.visitor < "8" else "en")
    moments = np.array(
        [event.moment.astimezone(UTC).replace(tzinfo=None) for event in events],
        dtype="datetime64[s]",
    )
    return insert_columns(Interaction, {**columns, "occurred_at": moments})
