"""What the log of a server looks like: one format, one level, on standard error."""

from __future__ import annotations

from typing import Any, Final

FORMAT: Final = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def config(level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`. At `debug` every request is written too."""
    chatty = "DEBUG" if level == "debug" else "WARNING"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": FORMAT}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "stream": "ext://sys.stderr",
            }
        },
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {
            "uvicorn": {"level": chatty},
            "asyncio": {"level": chatty},
            "alembic": {"level": chatty},
            # At debug they write every chunk and every row: people's words do not belong in a log.
            "sse_starlette": {"level": "WARNING"},
            "sqlalchemy": {"level": "WARNING"},
        },
    }
