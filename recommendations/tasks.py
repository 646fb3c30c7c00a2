"""Background jobs of what is shown to whom."""

from celery import shared_task

from recommendations.services.campaigns import addresses, banners, counting, sending, steps


@shared_task(name="recommendations.run_campaigns")
def run_campaigns() -> int:
    """Starts and ends campaigns, then writes the letters that a minute has room for."""
    steps.run_campaigns()
    banners.publish_banners()
    addresses.suppress_refused()
    return sending.write_due_letters()


@shared_task(name="recommendations.count_campaign_events")
def count_campaign_events() -> int:
    return counting.count_events()


@shared_task(name="recommendations.share_creatives")
def share_creatives() -> int:
    return counting.share_running()


@shared_task(name="recommendations.forget_campaign_events")
def forget_campaign_events() -> int:
    return counting.forget_old_events()
