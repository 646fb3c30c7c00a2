"""Background jobs of the back office."""

from datetime import date

import structlog
from celery import shared_task

from ecomsite.backoffice.errors import AlreadyOperatingError
from ecomsite.backoffice.services import nightly

logger = structlog.get_logger(__name__)


@shared_task(name="backoffice.operate")
def operate(as_of: str | None = None) -> None:
    day = date.fromisoformat(as_of) if as_of else nightly.last_whole_day()
    try:
        nightly.operate(as_of=day)
    except AlreadyOperatingError:
        logger.info("nightly_run_left_to_the_one_under_way")
