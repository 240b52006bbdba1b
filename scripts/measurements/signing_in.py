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

REQUESTS, WARM_UP, OTHERS = 1000, 100, 200
PATH = "/jimae/me/usage"


async def measured(settings: Settings) -> dict[str, list[float]]:
    """Seconds of each request, by how it was let in; the ways take turns."""
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
    times: dict[str, list[float]] = {way: [] for way in ways}
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for turn in range(WARM_UP + REQUESTS):
            for way, headers in ways.items():
                service.accounts.identify = unchecked if way == "unchecked" else identify  # type: ignore[method-assign]
                begun = time.perf_counter()
                response = await client.get(PATH, headers=dict(headers))
                took = time.perf_counter() - begun
                assert response.status_code == 200, response.text
                if turn >= WARM_UP:
                    times[way].append(took)
    await service.close()
    return times


def told(database: str, times: Mapping[str, list[float]]) -> None:
    median = {way: statistics.median(own) * 1000 for way, own in times.items()}
    print(f"{database}: {median['unchecked']:.2f} ms without a check")
    for way in ("session", "key"):
        more = median[way] - median["unchecked"]
        high = statistics.quantiles(times[way], n=20)[-1] * 1000
        print(f"  {way}: {median[way]:.2f} ms, the check {more:.2f} ms (p95 in all {high:.2f})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    wanted = parser.parse_args().database
    print(f"{REQUESTS} requests each, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        write_gguf(Path(folder) / "models" / "fake.gguf")
        settings = load(environ={}, overrides={"data_dir": folder, "models.default": "fake"})
        if wanted in ("sqlite", "both"):
            told("SQLite", asyncio.run(measured(settings)))
        if wanted in ("postgresql", "both"):
            url = SecretStr(stack.enter_context(cluster()).create())
            update = {"database": DatabaseSettings(url=url)}
            told("PostgreSQL", asyncio.run(measured(settings.model_copy(update=update))))


if __name__ == "__main__":
    main()
