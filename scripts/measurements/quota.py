"""What knowing who asks, and whether they may, adds to a request: on SQLite and PostgreSQL.

Four steps, each at the median and the 95th percentile: finding the session, finding the key,
letting a request in (`admit`), and charging it (`charge`, with the commit that the record of the
answer needs anyway; `row` is what the ledger adds to that commit).
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import SecretStr
from sqlalchemy.orm import Session

from jimae.service import key_text
from jimae.service.accounts import sessions
from jimae.service.accounts.accounts import Accounts, Credentials
from jimae.service.accounts.sessions import Visitor
from jimae.service.audit.record import note
from jimae.service.caller import Caller
from jimae.service.limits import book
from jimae.service.limits.hours import WEEK, Window
from jimae.service.limits.ledger import add
from jimae.service.limits.limits import Lease, Limits
from jimae.service.limits.rules import EVERYBODY, Rules, Subject
from jimae.settings import DatabaseSettings, Settings, load
from jimae.store.store import Store
from jimae.types import Usage
from lib.places import ROOT

sys.path.insert(0, str(ROOT / "tests"))

from fakes.people import account, group, key, member
from fakes.postgresql import cluster

T = TypeVar("T")

PEOPLE, GROUPS, ROWS = 2_000, 40, 100_000
BAR_MS = 3.0
ADMIN = Caller(id="terminal", name="measure", role="admin", via="terminal")
USED = Usage(900, 300, 400)
RULES = Rules(
    tokens_per_day=10**12,
    tokens_per_month=10**12,
    requests_per_minute=100_000,
    answers_at_once=1000,
    models=("qwen3-4b",),
    hours=(Window(WEEK, "00:00", "24:00"),),
)


def fill(session: Session, secret: str) -> str:
    """An organisation with a month's ledger and a limit of every kind; the token of a session."""
    session.add_all([account(f"acc_{n}", f"user{n}") for n in range(PEOPLE)])
    session.add_all([group(f"grp_{n}", f"group {n}") for n in range(GROUPS)])
    session.flush()
    session.add_all([member(f"acc_{n}", f"grp_{n % GROUPS}") for n in range(PEOPLE)])
    session.add_all(
        [key(f"key_{n}", f"acc_{n}", "a", secret if not n else None) for n in range(PEOPLE)]
    )
    session.flush()
    day = Limits(Store(load(environ={})), "Asia/Tokyo").days.today()
    for n in range(ROWS):
        who = Caller(id=f"acc_{n % PEOPLE}", name="", via="session", groups=(f"grp_{n % GROUPS}",))
        add(session, who, "qwen3-4b", day, "done", usage=USED)
    subjects = [Subject("group", f"grp_{n}") for n in range(GROUPS)]
    for subject in (EVERYBODY, *subjects, Subject("key", "key_0")):
        book.put(session, ADMIN, subject, RULES)
    return sessions.begin(session, "acc_0", Visitor(), 3600.0).token


async def measure(settings: Settings, rounds: int) -> dict[str, list[float]]:
    """Milliseconds of each step."""
    store = Store(settings)
    await store.open()
    secret = key_text.make()
    token = await store.write(lambda session: fill(session, secret))
    accounts, limits = Accounts(store, settings.accounts), Limits(store, "Asia/Tokyo")
    await limits.open()
    taken: dict[str, list[float]] = {}

    async def timed(step: str, work: Awaitable[T]) -> T:
        begun = time.perf_counter()
        done = await work
        taken.setdefault(step, []).append(1000 * (time.perf_counter() - begun))
        return done

    caller = await accounts.identify(Credentials(keys=(secret,)))

    def end(session: Session, lease: Lease | None = None) -> None:
        note(session, caller, "answer.end")
        session.flush()
        if lease is not None:
            begun = time.perf_counter()
            lease.charge(session, USED, 0.1, "done")
            session.flush()
            taken.setdefault("row", []).append(1000 * (time.perf_counter() - begun))

    for _ in range(rounds):
        await timed("session", accounts.identify(Credentials(token=token)))
        await timed("key", accounts.identify(Credentials(keys=(secret,))))
        lease = await timed("admit", limits.admit(caller, "qwen3-4b"))
        await timed("commit without", store.write(end))
        await timed("commit with", store.write(partial(end, lease=lease)))
        lease.release()
    await store.close()
    return taken


def show(name: str, taken: dict[str, list[float]]) -> bool:
    """Print a table; whether identification, admission and the ledger's row keep to the bar."""
    medians = {step: statistics.median(times) for step, times in taken.items()}
    print(f"\n{name}: {PEOPLE} people, {ROWS} rows in the ledger, limits of every kind")
    for step, times in taken.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        print(f"  {step:<16} {medians[step]:7.2f} ms   p95 {p95:7.2f} ms")
    slower = max(medians["session"], medians["key"])
    total = slower + medians["admit"] + medians["row"]
    print(f"  together         {total:7.2f} ms   (bar: {BAR_MS:g} ms)")
    return total <= BAR_MS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=400)
    rounds = parser.parse_args().rounds
    kept = []
    with tempfile.TemporaryDirectory() as folder:
        settings = load(environ={}, overrides={"data_dir": Path(folder)})
        kept.append(show("SQLite", asyncio.run(measure(settings, rounds))))
        with cluster() as postgresql:
            url = DatabaseSettings(url=SecretStr(postgresql.create()))
            apart = settings.model_copy(update={"database": url})
            kept.append(show("PostgreSQL", asyncio.run(measure(apart, rounds))))
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
