"""Logs as key and value on standard error; texts of messages and secrets never get in."""

import logging
import sys

import structlog


def configure_logs(level: str) -> None:
    """Log from `level` on: readable at a terminal, one JSON object a line elsewhere."""
    at_terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if at_terminal else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    # nio quotes whole events, and so what people wrote, in its warnings.
    logging.getLogger("nio").setLevel(logging.CRITICAL)
