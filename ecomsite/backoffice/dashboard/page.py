"""The first page of the back office: what must I decide today, and is the machine well?

Each block is one or two queries, however large the shop, and is read only for those who may see
what it shows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from ecomsite.backoffice.dashboard.models import ModelHealth, read_models
from ecomsite.backoffice.dashboard.night import Night, read_night
from ecomsite.backoffice.dashboard.photos import PhotoToCheck, read_photos
from ecomsite.backoffice.dashboard.purchasing import Draft, Shortage, read_drafts, read_shortages
from ecomsite.backoffice.dashboard.reviews import ReviewMood, read_mood
from ecomsite.backoffice.dashboard.sales import SalesChart, read_sales
from ecomsite.backoffice.navigation import waiting_for
from ecomsite.backoffice.wording import WAITING_TITLES
from learning.staff_pages import figure


@dataclass(frozen=True, slots=True)
class Card:
    """A number that waits for a decision, and the way to it."""

    title: str
    number: int
    url: str
    tone: str

    @property
    def shown(self) -> str:
        return figure(self.number)


@dataclass(frozen=True, slots=True)
class Dashboard:
    """None: not for this person. An empty block says what to do to fill it."""

    cards: Sequence[Card]
    sales: SalesChart | None
    shortages: Sequence[Shortage] | None
    drafts: Sequence[Draft] | None
    mood: ReviewMood | None
    photos: Sequence[PhotoToCheck] | None
    night: Night | None
    models: Sequence[ModelHealth] | None

    @property
    def n_waiting(self) -> int:
        return sum(card.number for card in self.cards)


def read_dashboard(request: HttpRequest) -> Dashboard:
    def may_see(*permissions: str) -> bool:
        return all(request.user.has_perm(permission) for permission in permissions)

    sees_demand = may_see("inventory.view_demandforecast", "inventory.view_demandday")
    return Dashboard(
        cards=read_cards(request),
        sales=read_sales() if sees_demand else None,
        shortages=read_shortages() if sees_demand else None,
        drafts=read_drafts() if may_see("inventory.view_purchaseorder") else None,
        mood=read_mood() if may_see("support.view_reviewclassification") else None,
        photos=read_photos() if may_see("catalog.view_photoclassification") else None,
        night=read_night() if may_see("backoffice.view_nightlyrun") else None,
        models=read_models() if may_see("learning.view_modelversion") else None,
    )


def read_cards(request: HttpRequest) -> list[Card]:
    """One card for each kind of decision that this person takes."""
    waiting = waiting_for(request)
    unsure = "status__exact=proposed&needs_person__exact=1"
    kinds = (
        ("purchase_orders", "inventory.purchaseorder", "status__exact=draft", "warn"),
        ("photos", "catalog.photoclassification", unsure, "warn"),
        ("reviews", "support.reviewclassification", unsure, "warn"),
        ("anomalies", "learning.anomaly", "seen_at__isempty=1", "warn"),
        ("drift", "learning.driftreport", "status__exact=alarm", "bad"),
        ("damaged", "learning.modelversion", "status__exact=active", "bad"),
        (
            "payment_events",
            "orders.paymentevent",
            "state__exact=refused&seen_at__isempty=1",
            "bad",
        ),
        ("stock_counts", "inventory.stockcount", "status__exact=counted", "warn"),
        ("expired_batches", "inventory.stockbatch", "days=0", "warn"),
        ("campaigns", "recommendations.campaign", "status__exact=draft", "warn"),
        ("letters", "outbox.email", "failures=new", "bad"),
        ("webhooks", "outbox.webhookendpoint", "is_active__exact=0", "bad"),
        ("moderation", "support.review", "status__exact=pending", "warn"),
        ("messages", "storefront.contactmessage", "state__exact=open", "warn"),
    )
    cards = []
    for kind, model, query, tone in kinds:
        label, _dot, name = model.partition(".")
        if not request.user.has_perm(f"{label}.view_{name}"):
            continue
        number: int = getattr(waiting, kind)
        cards.append(
            Card(
                title=str(WAITING_TITLES[kind]),
                number=number,
                url=f"{reverse(f'admin:{label}_{name}_changelist')}?{query}",
                tone=tone if number else "",
            )
        )
    return cards
