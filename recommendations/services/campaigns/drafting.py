"""Drafts of campaigns: a code for their links, what a change of one means, and copies."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from recommendations.models import Campaign
from recommendations.services.campaigns.steps import fingerprint, withdraw_first_approval

LONGEST_CODE = 60
# Of a copy: what has happened to the first one has not happened to it.
_OWN = {"id", "name", "code", "starts_at", "ends_at"}


def free_code(name: str) -> str:
    """A code for links that no campaign has: of the letters of its name, else of the day."""
    day = timezone.localdate().strftime("%Y%m%d")
    stem = slugify(name)[: LONGEST_CODE - 4].strip("-") or f"campaign-{day}"
    taken = set(Campaign.objects.filter(code__startswith=stem).values_list("code", flat=True))
    if stem not in taken:
        return stem
    return next(
        code for number in range(2, len(taken) + 3) if (code := f"{stem}-{number}") not in taken
    )


def note_change(campaign: Campaign, *, before: str) -> bool:
    """After a draft was saved: whoever agreed to another one has to look again.

    before: its fingerprint as it was. Returns whether it is another one now.
    """
    if before == fingerprint(campaign):
        return False
    withdraw_first_approval(campaign)
    return True


@transaction.atomic
def copy_campaign(campaign: Campaign, *, name: str, user: AbstractBaseUser) -> Campaign:
    """The same as a draft: words, pictures, audience and limits, without its time."""
    made = Campaign.objects.create(
        **_editable(campaign), name=name[:120], code=free_code(campaign.code), created_by_id=user.pk
    )
    for creative in campaign.creatives.order_by("pk"):
        # Both rows name the same file, which is never changed once it is kept.
        type(creative).objects.create(
            **_editable(creative, but={"campaign"}),
            campaign=made,
            picture_width=creative.picture_width,
            picture_height=creative.picture_height,
        )
    return made


def _editable(row: Any, *, but: set[str] | None = None) -> Mapping[str, Any]:
    return {
        field.name: getattr(row, field.name)
        for field in row._meta.concrete_fields
        if field.editable and field.name not in (_OWN | (but or set()))
    }
