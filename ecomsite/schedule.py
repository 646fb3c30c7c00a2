"""What runs when. Staff may change the times in the back office; new entries come from here."""

from typing import Any

from celery.schedules import crontab, schedule

MINUTE = 60.0

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "nightly run": {"task": "backoffice.operate", "schedule": crontab(hour=3, minute=10)},
    "photos not yet prepared or classified": {
        "task": "catalog.sweep_unclassified_photos",
        "schedule": schedule(MINUTE),
    },
    "reviews not yet classified": {
        "task": "support.sweep_unclassified_reviews",
        "schedule": schedule(MINUTE),
    },
    "reservations past their time": {
        "task": "inventory.sweep_expired_reservations",
        "schedule": schedule(MINUTE),
    },
    "imports whose process died": {
        "task": "orders.sweep_stuck_imports",
        "schedule": schedule(5 * MINUTE),
    },
    "behaviour of visitors": {
        "task": "insights.flush_interactions",
        "schedule": schedule(10.0),
    },
    "rows of published models": {
        "task": "learning.sweep_stale_rows",
        "schedule": schedule(5 * MINUTE),
    },
}
