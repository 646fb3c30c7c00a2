"""Three segments as a shop owner would write them; the nights find who is in them."""

from typing import Any

from catalog.models import Category
from customers.models import User
from insights.models import Segment
from insights.services.segment_rules.reading import read_rule


def load_segments(maker: User) -> int:
    """Returns how many were made; one that asks for a category needs that category."""
    tea = Category.objects.filter(slug="tea").first()
    made = [
        Segment(
            name_en="Left something in the cart",
            name_zh_hans="加购未下单",
            note="",
            rule=_all(
                {"field": "added", "is": "at_least", "n": 1, "days": 14},
                _none({"field": "last_order", "is": "within", "days": 14}),
            ),
        ),
        Segment(
            name_en="Big spenders of this quarter",
            name_zh_hans="本季度大客户",
            rule=_all({"field": "spend", "is": "at_least", "amount": "2000.00", "days": 90}),
            seeks_look_alikes=True,
        ),
    ]
    if tea is not None:
        bought = {"field": "bought_category", "among": [str(tea.pk)], "is": "at_least", "n": 2}
        made.append(
            Segment(
                name_en="Tea lovers who stay away",
                name_zh_hans="久未光顾的茶友",
                rule=_all(
                    bought,
                    {"field": "last_order", "is": "before", "days": 60},
                    {"field": "consent", "among": ["marketing"]},
                ),
                seeks_look_alikes=True,
            )
        )
    for segment in made:
        # As the form would: what cannot be read is not kept.
        segment.rule = read_rule(segment.rule).as_json()
        segment.created_by = maker
        segment.save()
    return len(made)


def _all(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"how": "all", "parts": list(parts)}


def _none(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"how": "none", "parts": list(parts)}
