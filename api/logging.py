"""Structured logs: one JSON object per line on standard output, the libraries' lines included.

Those who log leave out tokens, passwords, codes and addresses.

Source: structlog 26, "Standard Library Logging" (ProcessorFormatter).
"""

import logging
import logging.config
from typing import Any

import structlog

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure_logs(level: str) -> None:
    """Set up logging for the process.

    Args:
        level: DEBUG, INFO, WARNING or ERROR.
    """
    structlog.configure(
        processors=[*_SHARED, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level)),
        # One write for a line: the libraries' lines go to the same stream.
        logger_factory=structlog.WriteLoggerFactory(),
    )


def adopt_library_logs(level: str) -> None:
    """Write the lines of uvicorn, SQLAlchemy and other libraries in the same JSON.

    Args:
        level: as above; libraries are heard from WARNING on.
    """
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": [*_SHARED, structlog.stdlib.add_logger_name, _name_error],
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(),
        ],
    }
    standard = {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}
    # uvicorn has set up handlers of its own by now.
    ours = {"handlers": [], "propagate": True, "level": level}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"json": formatter},
            "handlers": {"standard": standard},
            "root": {"handlers": ["standard"], "level": max(level, "WARNING", key=_number)},
            "loggers": {
                "uvicorn": ours,
                "uvicorn.error": ours,
                # Each request has its line already, without its path.
                "uvicorn.access": {"handlers": [], "propagate": False},
            },
        }
    )


def _number(level: str) -> int:
    return int(getattr(logging, level))


def _name_error(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Say which error a library logged, without its text: that may hold what a request held.

    So may the lines after the first, in which asyncio says which task or callback had the error.
    """
    event["event"] = str(event["event"]).partition("\n")[0]
    error = event.pop("exc_info", None)
    if isinstance(error, tuple) and error[0] is not None:
        event["error"] = error[0].__name__
    elif isinstance(error, BaseException):
        event["error"] = type(error).__name__
    return event
