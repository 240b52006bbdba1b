"""People: what has to hold whoever changes them, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.orm import Session

from fakes.people import TERMINAL, People, Person
from jimae.errors import JimaeError
from jimae.service.accounts import people as acts
from jimae.service.accounts.accounts import Credentials
from jimae.service.service import Service
from jimae.store.account_tables import Account


async def test_two_administrators_cannot_remove_each_other_at_once(
    both: Service, people: People
) -> None:
    one, other = await people.add("one", "admin"), await people.add("other", "admin")

    async def demote(who: Person, by: Person) -> str:
        def work(session: Session) -> None:
            acts.change(session, by.caller, acts.find(session, who.id), acts.Change(role="user"))

        try:
            await both.store.write(work)
        except JimaeError as error:
            return error.code
        return "done"

    assert sorted(await asyncio.gather(demote(one, other), demote(other, one))) == [
        "done",
        "last_admin",
    ]


async def test_the_first_account_has_to_be_an_administrators(both: Service) -> None:
    wanted = acts.NewPerson(name="hanako")
    with pytest.raises(JimaeError) as raised:
        await both.store.write(lambda session: acts.create(session, TERMINAL, wanted))
    assert raised.value.code == "first_not_admin"
    assert "--role admin" in str(raised.value)
    assert not await both.accounts.are_there()


async def test_a_refused_change_leaves_nothing(both: Service, people: People) -> None:
    root = await people.add("root", "admin")
    wanted = acts.Change(display_name="別名", role="user")

    def work(session: Session) -> None:
        acts.change(session, TERMINAL, acts.find(session, root.id), wanted)

    with pytest.raises(JimaeError):
        await both.store.write(work)
    account = await both.store.read(lambda session: session.get_one(Account, root.id))
    assert (account.display_name, account.role) == ("root", "admin")


async def test_who_was_here_is_written_together(both: Service, people: People) -> None:
    user = await people.add("hanako")
    await both.accounts.identify(Credentials(token=user.token))
    before = await both.store.read(lambda session: session.get_one(Account, user.id).last_seen_at)
    await both.accounts.presence.write()
    after = await both.store.read(lambda session: session.get_one(Account, user.id).last_seen_at)
    assert before is None
    assert after is not None
    assert both.accounts.presence.last_seen(user.caller.session_id or "") == 0


async def test_who_acts_for_somebody_who_is_gone(both: Service, people: People) -> None:
    user = await people.add("hanako", groups=["営業"])
    caller = await both.accounts.acting_for(user.id)
    assert (caller.name, caller.via, caller.groups) == ("hanako", "server", user.caller.groups)
    await people.disable(user)
    for account_id in (user.id, "user_nobody"):
        with pytest.raises(JimaeError) as raised:
            await both.accounts.acting_for(account_id)
        assert raised.value.code == "account_disabled"
