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
    "products whose words changed": {
        "task": "catalog.sweep_search_index",
        "schedule": schedule(MINUTE),
    },
    "words of every product": {
        "task": "catalog.recheck_search_index",
        "schedule": crontab(hour=4, minute=40),
    },
    "reviews not yet classified": {
        "task": "support.sweep_unclassified_reviews",
        "schedule": schedule(MINUTE),
    },
    "photos of reviews not yet prepared": {
        "task": "support.sweep_unprepared_review_photos",
        "schedule": schedule(MINUTE),
    },
    "reservations past their time": {
        "task": "inventory.sweep_expired_reservations",
        "schedule": schedule(MINUTE),
    },
    "purchase orders not yet sent": {
        "task": "inventory.sweep_unsent_purchase_orders",
        "schedule": schedule(5 * MINUTE),
    },
    "batches past their day": {
        "task": "inventory.hold_back_expired",
        "schedule": schedule(5 * MINUTE),
    },
    "cycle counts of the day": {
        "task": "inventory.start_daily_counts",
        "schedule": crontab(hour=5, minute=30),
    },
    "alerts of goods that are back": {
        "task": "inventory.sweep_stock_alerts",
        "schedule": schedule(5 * MINUTE),
    },
    "stock that runs low or out": {
        "task": "inventory.tell_crossings",
        "schedule": schedule(MINUTE),
    },
    "steps of markdown plans": {
        "task": "inventory.apply_markdowns",
        "schedule": schedule(10 * MINUTE),
    },
    "prices changed four weeks ago": {
        "task": "inventory.score_price_suggestions",
        "schedule": crontab(hour=5, minute=10),
    },
    "drafts without a predicted price": {
        "task": "inventory.sweep_unpriced_products",
        "schedule": schedule(5 * MINUTE),
    },
    "imports whose process died": {
        "task": "orders.sweep_stuck_imports",
        "schedule": schedule(5 * MINUTE),
    },
    "visits likely to end in an order": {
        "task": "insights.score_visits",
        "schedule": schedule(2 * MINUTE),
    },
    "behaviour of visitors": {
        "task": "insights.flush_interactions",
        "schedule": schedule(10.0),
    },
    "segments made or changed": {
        "task": "insights.sweep_uncounted_segments",
        "schedule": schedule(MINUTE),
    },
    "visits of programs": {
        "task": "insights.find_robots",
        "schedule": schedule(5 * MINUTE),
    },
    "purchases as behaviour": {
        "task": "insights.record_purchases",
        "schedule": schedule(5 * MINUTE),
    },
    "oddities in behaviour": {
        "task": "insights.watch_behaviour",
        "schedule": crontab(minute=7),
    },
    "visitors who ask for an order of theirs": {
        "task": "orders.sweep_access_codes",
        "schedule": schedule(MINUTE),
    },
    "payments of which nothing was heard": {
        "task": "orders.sweep_payments",
        "schedule": schedule(MINUTE),
    },
    "refunds not yet sent": {
        "task": "orders.sweep_refunds",
        "schedule": schedule(MINUTE),
    },
    "messages of payment providers": {
        "task": "orders.sweep_payment_events",
        "schedule": schedule(MINUTE),
    },
    "carts that nobody can reach any more": {
        "task": "orders.sweep_forgotten_carts",
        "schedule": crontab(hour=4, minute=35),
    },
    "orders that nobody paid in time": {
        "task": "orders.cancel_overdue",
        "schedule": schedule(5 * MINUTE),
    },
    "requests about personal data": {
        "task": "customers.sweep_data_requests",
        "schedule": schedule(5 * MINUTE),
    },
    "orders judged and not written down": {
        "task": "insights.sweep_risk",
        "schedule": schedule(5 * MINUTE),
    },
    "orders that came to rest": {
        "task": "orders.complete_shipped",
        "schedule": crontab(hour=4, minute=20),
    },
    "invoices whose letter is not written": {
        "task": "orders.sweep_unmailed_invoices",
        "schedule": schedule(MINUTE),
    },
    "photos of returns not yet prepared": {
        "task": "orders.sweep_return_photos",
        "schedule": schedule(MINUTE),
    },
    "files of photos that reviews no longer have": {
        "task": "support.delete_orphan_photos",
        "schedule": crontab(hour=4, minute=25),
    },
    "files of photos that returns no longer have": {
        "task": "orders.delete_orphan_photos",
        "schedule": crontab(hour=4, minute=30),
    },
    "letters not yet sent": {
        "task": "outbox.sweep_unsent_emails",
        "schedule": schedule(MINUTE),
    },
    "answers of the API that nobody repeats": {
        "task": "api.purge_requests",
        "schedule": crontab(hour=4, minute=55),
    },
    "messages to webhooks": {
        "task": "outbox.sweep_webhooks",
        "schedule": schedule(MINUTE),
    },
    "rows of published models": {
        "task": "learning.sweep_stale_rows",
        "schedule": schedule(5 * MINUTE),
    },
    "campaigns, and their letters": {
        "task": "recommendations.run_campaigns",
        "schedule": schedule(MINUTE),
    },
    "showings and clicks of campaigns": {
        "task": "recommendations.count_campaign_events",
        "schedule": schedule(10.0),
    },
    "which creatives are shown more": {
        "task": "recommendations.share_creatives",
        "schedule": schedule(5 * MINUTE),
    },
    "showings of campaigns a year ago": {
        "task": "recommendations.forget_campaign_events",
        "schedule": crontab(hour=4, minute=50),
    },
}
