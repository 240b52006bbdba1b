"""How the server is reached, who signs in, and what it writes."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from jimae.settings.section import Section


def _listed(value: object) -> object:
    """Several values, also as one text with commas: environment variables have no lists."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _network(value: str) -> str:
    return str(ipaddress.ip_network(value))


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no time zone is called that; a name is such as Asia/Tokyo") from None
    return value


def _public(url: str) -> str:
    """Without a slash at its end, so that paths can follow."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("it must be an address such as https://ai.example.jp")
    return url.rstrip("/")


Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Networks = Annotated[tuple[Annotated[str, AfterValidator(_network)], ...], BeforeValidator(_listed)]


class ServerSettings(Section):
    """How the server listens."""

    host: str = Field(
        "127.0.0.1",
        description="Address to listen on. Others than loopback need an administrator's account.",
    )
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8080, description="Port to listen on; 0 picks a free one."
    )
    max_body_mb: Annotated[float, Field(gt=0, le=1024)] = Field(
        32, description="Largest request body in MiB; a larger one is answered 413."
    )
    hosts: Names = Field(
        (),
        description="Names that this server is called by, without ports; those of its own machine "
        "always may be used. Empty takes any, once there are accounts.",
    )
    public_url: Annotated[str, AfterValidator(_public)] | None = Field(
        None,
        description="Address that people open this server at, such as `https://ai.example.jp`: "
        "where providers of OpenID Connect send them back to.",
    )
    trusted_proxies: Networks = Field(
        (),
        description="Addresses or networks of reverse proxies: only from there do X-Forwarded-For, "
        "-Proto and -Host count, once there are accounts.",
    )
    drain_seconds: Annotated[float, Field(ge=0, le=3600)] = Field(
        30, description="How long a stop waits for running answers before it ends them."
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        "Asia/Tokyo",
        description="Where days, months and hours are counted, for limits and statistics.",
    )


class AccountsSettings(Section):
    """People who sign in."""

    password_length: Annotated[int, Field(ge=8, le=128)] = Field(
        12, description="Fewest characters of a password."
    )
    session_idle_minutes: Annotated[float, Field(gt=0, le=525_600)] = Field(
        720, description="Minutes without a request after which somebody has to sign in again."
    )
    session_hours: Annotated[float, Field(gt=0, le=87_600)] = Field(
        168, description="Hours after signing in after which one has to sign in again."
    )


class LogSettings(Section):
    """What the server writes to its log."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least important level that is written."
    )
