"""The machine a comparison ran on, and what can be seen of servers on it."""

from __future__ import annotations

import asyncio
import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from jimae.bench.client import Server

# Above this share of all cores, somebody else is using the machine.
QUIET_PERCENT = 15.0
SETTLE_SECONDS = 15.0
_KINDS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "asimd", "sve", "i8mm")


@dataclass(frozen=True)
class Machine:
    cpu: str
    cores: int
    threads: int
    memory_gib: float
    cpu_features: tuple[str, ...]
    system: str
    python: str


def this_machine() -> Machine:
    name, flags = cpu_identity()
    return Machine(
        cpu=name,
        cores=physical_cores(),
        threads=os.cpu_count() or 1,
        memory_gib=round(psutil.virtual_memory().total / 2**30, 1),
        cpu_features=tuple(kind for kind in _KINDS if kind in flags),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
    )


def physical_cores() -> int:
    return psutil.cpu_count(logical=False) or os.cpu_count() or 1


def cpu_identity() -> tuple[str, frozenset[str]]:
    """The CPU's name and its feature flags, as far as the system tells."""
    name, flags = platform.processor() or platform.machine(), frozenset[str]()
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return name, flags
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            name = value.strip()
        elif key.strip() in ("flags", "Features"):
            flags = frozenset(value.split())
            break
    return name, flags


async def settle(servers: list[Server]) -> float:
    """Wait until no server works and the machine is quiet, for some seconds at most.

    Returns the CPU use that was seen last, in percent of all cores.
    """
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        psutil.cpu_percent()
        await asyncio.sleep(0.4)
        busy = float(psutil.cpu_percent())
        quiet = busy <= QUIET_PERCENT and not await _any_working(servers)
        if quiet or time.monotonic() > deadline:
            return busy


async def _any_working(servers: list[Server]) -> bool:
    """As far as servers tell: llama-server does, under /slots."""
    for server in servers:
        slots = await server.get_json("/slots") if server.tells_slots else None
        if isinstance(slots, list) and any(slot.get("is_processing") for slot in slots):
            return True
    return False


def resident_mib(base_url: str) -> float | None:
    """Resident memory of the server at a local address, its children included.

    None when it is elsewhere or belongs to somebody else.
    """
    parts = urlsplit(base_url)
    if parts.hostname not in ("127.0.0.1", "localhost", "::1") or parts.port is None:
        return None
    try:
        owners = {
            connection.pid
            for connection in psutil.net_connections("tcp")
            if connection.status == psutil.CONN_LISTEN
            and connection.pid is not None
            and connection.laddr.port == parts.port
        }
        processes = {
            process
            for pid in owners
            for process in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True))
        }
        total = float(sum(process.memory_info().rss for process in processes))
    except psutil.Error:
        return None
    return total / 2**20 if total else None
