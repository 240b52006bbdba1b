"""What it costs to know who asks: requests with and without the check, on both databases.

The application is called without a network, so that nothing but the check differs. The bar is
3 ms at the median for the check and what limits look at.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import httpx
from pydantic import SecretStr

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from fakes.backend import Backends  # noqa: E402
from fakes.files import write_gguf  # noqa: E402
from fakes.people import People  # noqa: E402
from fakes.postgresql import cluster  # noqa: E402
from jimae.api.app import create_app  # noqa: E402
from jimae.service.accounts.accounts import Credentials  # noqa: E402
from jimae.service.caller import Caller  # noqa: E402
from jimae.service.service import Service  # noqa: E402
from jimae.settings import DatabaseSettings, Settings, load  # noqa: E402

Times = dict[str, list[float]]

REQUESTS, WARM_UP, OTHERS = 1000, 100, 200
PATH = "/jimae/me/usage"


async def measured(settings: Settings) -> tuple[Times, Times]:
    """Seconds of each request by the clock and of this process's cores, by how it was let in; the
    ways take turns. Other work on the machine changes the first more than the second."""
    service = Service(settings, Backends().make)
    await service.start()
    people = People(service)
    user = await people.add("hanako", groups=("営業", "総務", "広報"))
    for number in range(OTHERS):
        await people.key(await people.add(f"other{number}", groups=("営業",)))
    ways: dict[str, Mapping[str, str]] = {
        "unchecked": {},
        "session": user.session,
        "key": await people.key(user),
    }
    identify = service.accounts.identify

    async def unchecked(_: Credentials) -> Caller:
        return user.caller

    transport = httpx.ASGITransport(app=create_app(settings, service))
    clock: Times = {way: [] for way in ways}
    cores: Times = {way: [] for way in ways}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for turn in range(WARM_UP + REQUESTS):
            for way, headers in ways.items():
                service.accounts.identify = unchecked if way == "unchecked" else identify  # type: ignore[method-assign]
                begun, used = time.perf_counter(), time.process_time()
                response = await client.get(PATH, headers=dict(headers))
                used, took = time.process_time() - used, time.perf_counter() - begun
                assert response.status_code == 200, response.text
                if turn >= WARM_UP:
                    clock[way].append(took)
                    cores[way].append(used)
    await service.close()
    return clock, cores


def settings_in(folder: Path) -> Settings:
    write_gguf(folder / "models" / "fake.gguf")
    return load(environ={}, overrides={"data_dir": folder, "models.default": "fake"})


def told(database: str, measured: tuple[Times, Times]) -> None:
    clock, cores = (
        {way: statistics.median(own) * 1000 for way, own in times.items()} for times in measured
    )
    print(f"{database}: {clock['unchecked']:.2f} ms without a check")
    for way in ("session", "key"):
        more, work = (median[way] - median["unchecked"] for median in (clock, cores))
        high = statistics.quantiles(measured[0][way], n=20)[-1] * 1000
        print(
            f"  {way}: {clock[way]:.2f} ms, the check {more:.2f} ms, {work:.2f} ms of a core "
            f"(p95 in all {high:.2f})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    wanted = parser.parse_args().database
    print(f"{REQUESTS} requests each, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        if wanted in ("sqlite", "both"):
            told("SQLite", asyncio.run(measured(settings_in(Path(folder) / "sqlite"))))
        if wanted in ("postgresql", "both"):
            url = SecretStr(stack.enter_context(cluster()).create())
            update = {"database": DatabaseSettings(url=url)}
            settings = settings_in(Path(folder) / "postgresql").model_copy(update=update)
            told("PostgreSQL", asyncio.run(measured(settings)))


if __name__ == "__main__":
    main()
