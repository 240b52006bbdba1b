"""Whoever changes the database behind the server's back is found, and so is the place.

Every damage is done in a transaction, looked at in it, and undone with it.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from jimae.service.audit import checkpoints
from jimae.service.audit.canonical import canonical, sha256
from jimae.service.audit.chain import columns_of, link_hash
from jimae.service.audit.proof import Report
from jimae.service.audit.record import Draft, body_of, collect
from jimae.service.audit.sealing import Vault
from jimae.service.audit.signing import Signer, signer_of
from jimae.service.audit.verifying import verify
from jimae.settings import Settings
from jimae.store.audit_tables import AuditCheckpoint, AuditContent, AuditHead, AuditRecord
from jimae.store.store import Store
from service.audit.test_record import HANAKO

RECORDS = 120
ROUNDS = 4
# Checkpoints, evenly: one is at the end, as a server that stops leaves it.
SIGNED = 6

VAULT = Vault()
Damage = Callable[[Session, random.Random], tuple[int, int]]
"""Does some harm, and returns the first and the last place at which it may be found first."""
Row = dict[str, Any]


class UndoneError(Exception):
    pass


class Within:
    """A store that reads in a transaction that is already open."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def read(self, transaction: Callable[[Session], Any]) -> Any:
        return transaction(self._session)


def grow(session: Session, first: int, last: int) -> None:
    for number in range(first, last + 1):
        body = body_of(HANAKO, "answer.begin", target="qwen", details={"番号": number})
        sealed = VAULT.seal(body["id"], canonical({"prompts": [f"質問 {number}"]}))
        body["commitment"] = sealed.commitment
        collect(session, Draft(body, sealed))


async def fill(store: Store, settings: Settings) -> Signer:
    signer = signer_of(settings.data_dir)
    path = checkpoints.file_of(settings.data_dir)
    for step in range(SIGNED):
        first, last = (RECORDS * n // SIGNED for n in (step, step + 1))
        await store.write(lambda s, first=first, last=last: grow(s, first + 1, last))
        made = await store.write(lambda s: checkpoints.checkpoint(s, signer, ()))
        assert made is not None
        checkpoints.append(path, made)
    return signer


async def checked(store: Any, settings: Settings, signer: Signer) -> Report:
    return await verify(store, settings.data_dir, VAULT, keys=(signer.public,))


async def harmed(
    store: Store, settings: Settings, signer: Signer, harm: Callable[[Session], Any]
) -> tuple[Any, Report]:
    """What the harm returned, and what a check then says."""
    told: list[tuple[Any, Report]] = []

    def transaction(session: Session) -> None:
        place = harm(session)
        session.flush()
        running = checked(cast(Store, Within(session)), settings, signer)
        told.append((place, run_now(running)))
        raise UndoneError

    with pytest.raises(UndoneError):
        await store.write(transaction)
    return told[0]


def run_now(work: Awaitable[Report]) -> Report:
    """Run something in the thread of a transaction."""

    async def wait() -> Report:
        return await work

    return asyncio.run(wait())


def before(seq: int) -> int:
    """The place of the last checkpoint before one."""
    return max(at for n in range(SIGNED) if (at := RECORDS * n // SIGNED) < seq)


def somewhere(chance: random.Random) -> int:
    return chance.randint(1, RECORDS)


def row(session: Session, seq: int) -> Row:
    table = AuditRecord.__table__
    found = session.execute(select(table).where(table.c.seq == seq)).one()
    return dict(found._mapping)


def write(session: Session, seq: int, **values: Any) -> None:
    session.execute(
        update(AuditRecord).where(AuditRecord.seq == seq).values(**values),
        execution_options={"synchronize_session": False},
    )


def lied(row: Row) -> Row:
    """A record that says something else, with columns that fit it."""
    body = json.loads(row["body"])
    body["account"]["name"] = "太郎"
    return {**columns_of(body)._asdict(), "body": canonical(body)}


def chain_again(session: Session, first: int) -> None:
    """Give everything from a place on the hashes that it would have."""
    table = AuditRecord.__table__
    previous = session.scalar(select(AuditRecord.hash).where(AuditRecord.seq == first - 1))
    previous = previous or "0" * 64
    rows = session.execute(
        select(table.c.seq, table.c.body).where(table.c.seq >= first).order_by(table.c.seq)
    ).all()
    changed, seq = [], first - 1
    for seq, body in rows:
        digest = sha256(body)
        here = link_hash(seq, previous, digest)
        changed.append({"seq_": seq, "digest": digest, "previous": previous, "hash": here})
        previous = here
    if changed:
        session.connection().execute(
            table.update().where(table.c.seq == bindparam("seq_")), changed
        )
    session.execute(update(AuditHead).values(seq=seq, hash=previous))


def shift(session: Session, first: int, by: int) -> None:
    """Renumber what stands from a place on, contents with their records."""
    for table in (AuditRecord, AuditContent):
        session.execute(
            update(table).where(table.seq >= first).values(seq=-(table.seq + by)),
            execution_options={"synchronize_session": False},
        )
        session.execute(
            update(table).where(table.seq < 0).values(seq=-table.seq),
            execution_options={"synchronize_session": False},
        )


def taken_out(session: Session, seq: int) -> None:
    for table in (AuditRecord, AuditContent):
        session.execute(
            delete(table).where(table.seq == seq),
            execution_options={"synchronize_session": False},
        )


# --- what may be done ------------------------------------------------------------------------


def edit_a_text(session: Session, chance: random.Random) -> tuple[int, int]:
    seq = somewhere(chance)
    text = row(session, seq)["body"]
    at = chance.randrange(len(text))
    other = chr(ord(text[at]) ^ 1)
    write(session, seq, body=text[:at] + other + text[at + 1 :])
    return seq, seq


def edit_a_record_and_its_digest(session: Session, chance: random.Random) -> tuple[int, int]:
    seq = somewhere(chance)
    lie = lied(row(session, seq))
    write(session, seq, **lie, digest=sha256(lie["body"]))
    return seq, seq


def edit_a_record_and_its_hash(session: Session, chance: random.Random) -> tuple[int, int]:
    seq = somewhere(chance)
    before = row(session, seq)
    lie = lied(before)
    digest = sha256(lie["body"])
    write(session, seq, **lie, digest=digest, hash=link_hash(seq, before["previous"], digest))
    return seq, seq + 1


def edit_a_column(session: Session, chance: random.Random) -> tuple[int, int]:
    seq = somewhere(chance)
    column, value = chance.choice(
        [
            ("owner", "acc-9"),
            ("name", "太郎"),
            ("act", "user.create"),
            ("outcome", "refused"),
            ("created_at", 1.0),
            ("group_id", None),
            ("target", None),
            ("model", "m"),
            ("begin_id", "aud-0"),
            ("id", "aud-1"),
            ("digest", "0" * 64),
            ("previous", "0" * 64 if seq > 1 else "1" * 64),
            ("hash", "0" * 64),
        ]
    )
    write(session, seq, **{column: value})
    return seq, seq


def delete_a_record(session: Session, chance: random.Random) -> tuple[int, int]:
    seq = somewhere(chance)
    taken_out(session, seq)
    return seq, seq


def delete_and_close_the_gap(session: Session, chance: random.Random) -> tuple[int, int]:
    seq = somewhere(chance)
    taken_out(session, seq)
    shift(session, seq + 1, -1)
    return seq, seq


def put_one_in(session: Session, chance: random.Random) -> tuple[int, int]:
    """A record that is right by itself."""
    seq = somewhere(chance)
    made = row(session, seq)
    shift(session, seq, +1)
    body = {**json.loads(made["body"]), "id": f"aud-{secrets.token_hex(8)}", "commitment": None}
    text = canonical(body)
    made |= {**columns_of(body)._asdict(), "body": text, "digest": sha256(text)}
    made["hash"] = link_hash(seq, made["previous"], made["digest"])
    session.execute(insert(AuditRecord), [made])
    return seq, seq + 1


def swap_two(session: Session, chance: random.Random) -> tuple[int, int]:
    first, second = sorted(chance.sample(range(1, RECORDS + 1), 2))
    one, other = row(session, first), row(session, second)
    with_hashes = chance.choice([(), ("digest",), ("digest", "previous", "hash")])
    kept = {"seq", "digest", "previous", "hash"} - set(with_hashes)
    write(session, first, id="aside")
    write(session, second, **{k: v for k, v in one.items() if k not in kept})
    write(session, first, **{k: v for k, v in other.items() if k not in kept})
    return first, first


def cut_off_the_end(session: Session, chance: random.Random) -> tuple[int, int]:
    seq = somewhere(chance)
    for table in (AuditRecord, AuditContent):
        session.execute(delete(table).where(table.seq >= seq))
    return seq, seq


def cut_off_the_end_everywhere(session: Session, chance: random.Random) -> tuple[int, int]:
    """The head says what is left, and the database has no checkpoint of the rest."""
    seq, _ = cut_off_the_end(session, chance)
    session.execute(delete(AuditCheckpoint).where(AuditCheckpoint.seq >= seq))
    last = session.scalar(select(AuditRecord.hash).where(AuditRecord.seq == seq - 1))
    session.execute(update(AuditHead).values(seq=seq - 1, hash=last or "0" * 64))
    return seq, seq


def empty_a_record(session: Session, chance: random.Random) -> tuple[int, int]:
    seq = somewhere(chance)
    write(session, seq, body=None)
    return seq, seq


def change_a_content(session: Session, chance: random.Random) -> tuple[int, int]:
    seq = somewhere(chance)
    sealed = VAULT.seal("aud-1", '{"prompts":["別の質問"]}').data
    found = session.scalar(select(AuditContent).where(AuditContent.seq == seq))
    assert found is not None
    found.sealed = chance.choice([sealed, found.sealed[:-1], b"", found.sealed[:32] + b"\xff"])
    return seq, seq


def delete_a_content(session: Session, chance: random.Random) -> tuple[int, int]:
    seq = somewhere(chance)
    session.execute(delete(AuditContent).where(AuditContent.seq == seq))
    return seq, seq


FOUND_AT_ONCE = (
    edit_a_text,
    edit_a_record_and_its_digest,
    edit_a_record_and_its_hash,
    edit_a_column,
    delete_a_record,
    delete_and_close_the_gap,
    put_one_in,
    swap_two,
    cut_off_the_end,
    cut_off_the_end_everywhere,
    empty_a_record,
    change_a_content,
    delete_a_content,
)


async def test_nothing_is_found_where_nothing_was_done(store: Store, stored: Settings) -> None:
    signer = await fill(store, stored)
    report = await checked(store, stored, signer)
    assert report.breaks == []
    assert (report.first, report.last, report.records) == (1, RECORDS, RECORDS)
    assert (report.contents, report.signed) == (RECORDS, RECORDS)
    assert report.keys == [signer.public]


async def test_every_damage_is_found_at_its_place(store: Store, stored: Settings) -> None:
    signer = await fill(store, stored)
    chance = random.Random(5)  # noqa: S311  (the same every time)
    for damage in FOUND_AT_ONCE:
        for _ in range(ROUNDS):
            harm = lambda session, damage=damage: damage(session, chance)  # noqa: E731
            (first, last), report = await harmed(store, stored, signer, harm)
            assert report.breaks, f"{damage.__name__} at {first} was not found"
            found = min(report.breaks, key=lambda one: one.first)
            # At a checkpoint's own place the damage may be told as that of its whole stretch.
            assert found.first <= last, f"{damage.__name__} at {first}: {report.breaks}"
            assert found.last >= first, f"{damage.__name__} at {first}: {report.breaks}"
            assert found.first >= (first if first * SIGNED % RECORDS else before(first) + 1)
    assert (await checked(store, stored, signer)).ok, "everything was undone"


CHAINED_AGAIN = (
    edit_a_record_and_its_digest,
    delete_and_close_the_gap,
    put_one_in,
    swap_two,
)


async def test_a_chain_made_anew_is_not_the_one_that_was_signed(
    store: Store, stored: Settings
) -> None:
    """Without the key, the best one can do: every hash after the damage is right again."""
    signer = await fill(store, stored)
    chance = random.Random(6)  # noqa: S311
    for damage in CHAINED_AGAIN:
        for _ in range(ROUNDS):

            def harm(session: Session, damage: Damage = damage) -> int:
                first, _ = damage(session, chance)
                chain_again(session, first)
                return first

            place, report = await harmed(store, stored, signer, harm)
            told = f"{damage.__name__} at {place}: {report.breaks}"
            assert {one.kind for one in report.breaks} & {"rewritten", "truncated"}, told
            assert before(place) == report.signed < place <= report.breaks[-1].last, told
