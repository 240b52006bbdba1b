"""Signing in: the same answer to every stranger, waiting that grows, and what is recorded."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fakes.people import HASH, PASSWORD, People
from jimae.errors import JimaeError
from jimae.service.accounts import attempts, sessions
from jimae.service.accounts.accounts import Credentials
from jimae.service.accounts.sessions import Visitor
from jimae.service.service import Service
from jimae.store.account_tables import Account, Attempts, SignIn
from jimae.store.audit_tables import AuditRecord

HERE = Visitor("192.0.2.1", "test")


async def refused(service: Service, name: str, password: str, visitor: Visitor = HERE) -> str:
    with pytest.raises(JimaeError) as raised:
        await service.sign_ins.sign_in(name, password, visitor)
    return raised.value.code


async def records(service: Service, act: str) -> list[dict[str, object]]:
    def read(session: Session) -> list[dict[str, object]]:
        rows = session.scalars(
            select(AuditRecord).where(AuditRecord.act == act).order_by(AuditRecord.seq)
        )
        return [json.loads(row.body or "{}") for row in rows]

    return await service.store.read(read)


async def test_every_sign_in_has_a_token_of_its_own(both: Service, people: People) -> None:
    await people.add("hanako")
    first = await both.sign_ins.sign_in("hanako", PASSWORD, HERE)
    second = await both.sign_ins.sign_in("HANAKO", PASSWORD, HERE, replaced=first.token)
    assert first.token != second.token
    assert first.csrf != second.csrf
    with pytest.raises(JimaeError, match="ended"):
        await both.accounts.identify(Credentials(token=first.token))
    who = await both.accounts.identify(Credentials(token=second.token, address="192.0.2.9"))
    assert (who.name, who.via, who.address) == ("hanako", "session", "192.0.2.9")


async def test_a_token_that_somebody_else_chose_is_worth_nothing(
    both: Service, people: People
) -> None:
    """Session fixation: what the browser had before is not what it has after."""
    await people.add("hanako")
    opened = await both.sign_ins.sign_in("hanako", PASSWORD, HERE, replaced="chosen-by-mallory")
    assert opened.token != "chosen-by-mallory"  # noqa: S105
    with pytest.raises(JimaeError, match="ended"):
        await both.accounts.identify(Credentials(token="chosen-by-mallory"))


async def test_no_token_is_in_the_database(both: Service, people: People) -> None:
    user = await people.add("hanako")
    rows = await both.store.read(lambda session: session.scalars(select(SignIn)).all())
    assert [row.token_sha256 for row in rows] == [sessions.digest(user.token)]


async def test_the_same_answer_whoever_it_is(both: Service, people: People) -> None:
    await people.add("hanako")
    await people.disable(await people.add("taro"))

    def directory(session: Session) -> None:
        account = session.get_one(Account, jiro.id)
        account.password_hash, account.source = None, "ldap"

    jiro = await people.add("jiro")
    await both.store.write(directory)
    tried = [("hanako", "wrong"), ("taro", PASSWORD), ("jiro", PASSWORD), ("nobody", PASSWORD)]
    assert [await refused(both, *one) for one in tried] == ["sign_in_failed"] * 4
    bodies = await records(both, "session.refuse")
    assert [body["details"]["name"] for body in bodies] == [name for name, _ in tried]  # type: ignore[index]
    assert PASSWORD not in json.dumps(bodies, ensure_ascii=False)


async def test_nobody_is_compared_with_as_much_work(
    both: Service, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.add("hanako")
    compared: list[str | None] = []
    matches = both.passwords.matches

    async def watch(kept: str | None, password: str) -> bool:
        compared.append(kept)
        return await matches(kept, password)

    monkeypatch.setattr(both.passwords, "matches", watch)
    await refused(both, "hanako", "wrong")
    await refused(both, "nobody", "wrong")
    assert compared == [HASH, None]


@pytest.mark.parametrize("name", ["hanako", "nobody"])
async def test_waiting_grows_and_tells_nothing(both: Service, people: People, name: str) -> None:
    await people.add("hanako")
    free = attempts.NAME.free
    codes = [await refused(both, name, "wrong") for _ in range(free + 1)]
    assert codes == ["sign_in_failed"] * (free + 1)
    # Also with the right one: waiting does not tell which it is.
    assert await refused(both, name, PASSWORD) == "sign_in_wait"
    assert [attempts.NAME.wait(free + more) for more in (0, 1, 2, 5, 99)] == [0, 4, 8, 64, 300]


async def test_many_at_once_are_not_more_than_one_after_the_other(
    both: Service, people: People
) -> None:
    await people.add("hanako")
    codes = await asyncio.gather(*(refused(both, "hanako", "wrong") for _ in range(20)))
    assert codes.count("sign_in_failed") == attempts.NAME.free + 1


async def test_an_address_waits_whatever_names_it_tries(both: Service, people: People) -> None:
    await people.add("hanako")

    def failed(session: Session) -> None:
        for number in range(attempts.ADDRESS.free + 1):
            assert attempts.begin(session, f"name{number}", HERE.address) == 0

    await both.store.write(failed)
    assert await refused(both, "hanako", PASSWORD) == "sign_in_wait"
    elsewhere = await both.sign_ins.sign_in("hanako", PASSWORD, Visitor("192.0.2.2"))
    assert elsewhere.token


async def test_a_clock_that_is_set_back_makes_nobody_wait_longer(
    both: Service, people: People
) -> None:
    await people.add("hanako")
    for _ in range(attempts.NAME.free + 1):
        await refused(both, "hanako", "wrong")

    def as_if_tomorrow(session: Session) -> None:
        for row in session.scalars(select(Attempts)):
            row.failed_at += 86400
            row.locked_until += 86400

    await both.store.write(as_if_tomorrow)
    assert await refused(both, "hanako", PASSWORD) == "sign_in_wait"
    rows = await both.store.read(lambda session: session.scalars(select(Attempts)).all())
    assert max(row.locked_until for row in rows) <= time.time() + attempts.NAME.wait(
        attempts.NAME.free + 1
    )


async def test_success_forgets_failures(both: Service, people: People) -> None:
    await people.add("hanako")
    for _ in range(attempts.NAME.free):
        await refused(both, "hanako", "wrong")
    await both.sign_ins.sign_in("hanako", PASSWORD, HERE)
    for _ in range(attempts.NAME.free):
        assert await refused(both, "hanako", "wrong") == "sign_in_failed"
    rows = await both.store.read(lambda session: session.scalars(select(Attempts)).all())
    assert "hanako" not in "".join(row.id for row in rows)


async def test_a_hash_of_less_work_is_made_anew(both: Service, people: People) -> None:
    user = await people.add("hanako")
    await both.sign_ins.sign_in("hanako", PASSWORD, HERE)
    kept = await both.store.read(lambda session: session.get_one(Account, user.id).password_hash)
    assert kept != HASH
    assert not both.passwords.is_weaker(kept or "")
    assert (await both.sign_ins.sign_in("hanako", PASSWORD, HERE)).token


async def test_changing_the_password_ends_the_other_sessions(both: Service, people: People) -> None:
    user = await people.add("hanako", must_change_password=True)
    other = await both.sign_ins.sign_in("hanako", PASSWORD, HERE)
    change = both.sign_ins.change_password
    with pytest.raises(JimaeError) as raised:
        await change(user.caller, "wrong", "brown-fox-jumps-over")
    assert raised.value.code == "password_wrong"
    with pytest.raises(JimaeError) as raised:
        await change(user.caller, PASSWORD, PASSWORD)
    assert raised.value.code == "password_same"
    await change(user.caller, PASSWORD, "brown-fox-jumps-over")
    who = await both.accounts.identify(Credentials(token=user.token))
    assert not who.must_change_password
    with pytest.raises(JimaeError, match="ended"):
        await both.accounts.identify(Credentials(token=other.token))
    assert await refused(both, "hanako", PASSWORD) == "sign_in_failed"
    assert (await both.sign_ins.sign_in("hanako", "brown-fox-jumps-over", HERE)).token


async def test_each_act_has_its_record(both: Service, people: People) -> None:
    user = await people.add("hanako")
    opened = await both.sign_ins.sign_in("hanako", PASSWORD, HERE)
    who = await both.accounts.identify(Credentials(token=opened.token))
    await both.sign_ins.sign_out(who)
    (begun,), (ended,) = await records(both, "session.begin"), await records(both, "session.end")
    assert begun["target"] == ended["target"] == opened.session_id
    assert begun["account"]["id"] == user.id  # type: ignore[index]
    assert begun["address"] == HERE.address


async def test_the_last_sign_in_is_known_when_its_session_is_over(
    both: Service, people: People
) -> None:
    user = await people.add("hanako")
    before = time.time()
    await both.sign_ins.sign_in("hanako", PASSWORD, HERE)
    await both.store.write(lambda session: sessions.end_all(session, user.id))
    account = await both.store.read(lambda session: session.get_one(Account, user.id))
    assert account.last_sign_in_at is not None
    assert before <= account.last_sign_in_at <= time.time()
