"""What a record costs the transaction it is in, and how fast a log is proved, on each database."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
import uuid
from functools import partial
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.orm import Session

from jimae.service.audit.answers import Answer, Asked, Ended
from jimae.service.audit.answers import begin as begin_answer
from jimae.service.audit.answers import end as end_answer
from jimae.service.audit.audit import Audit
from jimae.service.audit.record import note
from jimae.service.caller import Caller
from jimae.settings import DatabaseSettings, Settings, load
from jimae.store.account_tables import Group
from jimae.store.store import Store
from jimae.types import ChatPrompt, Message, TextPart, Usage
from lib.places import ROOT

sys.path.insert(0, str(ROOT / "tests"))

from fakes.postgresql import cluster

WHO = Caller(id="acc-1", name="花子", via="session", groups=("grp-1",), address="192.0.2.1")
# A page of Japanese, as somebody pastes it.
PROMPT = (
    "午後の会議の議事録を要約してください。予算と日程を表にまとめ、担当者を書いてください。" * 12
)
ANSWER = "要約します。予算は前年と同じで、日程は来週までに決めます。担当は総務課です。" * 8
AT_ONCE = 500


def group(name: str) -> Group:
    return Group(
        id=name,
        owner=name,
        created_at=0.0,
        name=name,
        purpose="議事録",
        source="local",
        external_id=None,
    )


def change(session: Session, *, noted: bool) -> None:
    """A small change, as an administrator makes it."""
    made = f"grp-{uuid.uuid4().hex}"
    session.add(group(made))
    if noted:
        note(session, WHO, "group.create", target=made, details={"name": made})


async def measure(settings: Settings, rounds: int, records: int) -> None:
    store = Store(settings)
    await store.open()
    log = Audit(settings, store)
    await log.open()
    await store.write(lambda session: session.add(group("grp-1")))
    taken: dict[str, list[float]] = {}

    async def timed(step: str, work: object) -> object:
        begun = time.perf_counter()
        done = await store.write(work)  # type: ignore[arg-type]
        taken.setdefault(step, []).append(1000 * (time.perf_counter() - begun))
        return done

    asked = Asked(
        model="qwen3-4b",
        gguf_sha256="ab" * 32,
        parameters={"temperature": 0.7},
        prompts=(ChatPrompt((Message("user", (TextPart(PROMPT),)),)),),
    )
    ended = Ended(
        answers=(Answer(text=ANSWER, finish_reason="stop"),), usage=Usage(600, 200), total=3.0
    )
    for _ in range(rounds):
        await timed("a change without a record", partial(change, noted=False))
        await timed("a change with its record", partial(change, noted=True))
        begun = await timed(
            "the beginning of an answer", lambda s: begin_answer(s, WHO, asked, log.vault)
        )
        await timed("its end", lambda s, b=begun: end_answer(s, str(b), ended, log.vault))
    for step, times in taken.items():
        p95 = statistics.quantiles(times, n=20)[-1]
        print(f"  {step:<28} {statistics.median(times):7.2f} ms   p95 {p95:7.2f} ms")
    with_it, without = (
        statistics.median(taken[step])
        for step in ("a change with its record", "a change without a record")
    )
    print(f"  {'a record adds':<28} {with_it - without:7.2f} ms")

    def many(session: Session) -> None:
        for _ in range(AT_ONCE):
            note(session, WHO, "group.create", target="grp-1", details={"name": "総務課"})

    for _ in range(max(0, records - 3 * rounds) // AT_ONCE):
        await store.write(many)
    begun = time.perf_counter()
    await log.checkpoint()
    signed = time.perf_counter() - begun
    begun = time.perf_counter()
    report = await log.verify()
    seconds = time.perf_counter() - begun
    assert report.ok
    print(f"  {report.records} records are proved in {seconds:.1f} s: ", end="")
    print(f"{report.records / seconds:,.0f} a second; signed after as many in {signed:.1f} s")
    await store.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--records", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = load(environ={}, overrides={"data_dir": Path(folder)})
        print("SQLite")
        asyncio.run(measure(settings, given.rounds, given.records))
        with cluster() as postgresql:
            url = DatabaseSettings(url=SecretStr(postgresql.create()))
            apart = settings.model_copy(
                update={"database": url, "data_dir": Path(folder) / "apart"}
            )
            print("PostgreSQL")
            asyncio.run(measure(apart, given.rounds, given.records))
    return 0


if __name__ == "__main__":
    sys.exit(main())
