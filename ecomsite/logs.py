"""Logs: one line an event on standard error, as JSON for machines or in words for people."""

from typing import Any

import structlog

SHARED = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.StackInfoRenderer(),
)


def configure() -> None:
    """Hand what the shop logs to Python's own logging, which decides where it goes."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def settings(*, level: str, as_json: bool) -> dict[str, Any]:
    """Django's LOGGING. Standard output stays free for what commands answer."""
    rendered: Any = (
        [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=False)]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "shop": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *rendered,
                ],
            }
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "shop"},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Tells every table of every font that an invoice is printed with.
            "fontTools": {"level": "WARNING"},
            "django.server": {"handlers": ["stderr"], "level": level, "propagate": False},
        },
    }
