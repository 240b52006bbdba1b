"""Signing in at a real provider of OpenID Connect, from the page and back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fakes import oidc
from fakes.backend import Backends
from jimae.api.app import create_app
from jimae.service.accounts import groups, people
from jimae.service.accounts.people import Change, NewPerson
from jimae.service.caller import SERVER
from jimae.service.service import Service
from jimae.settings import Settings
from jimae.settings.directories import OidcSettings
from jimae.store.account_tables import Account
from jimae.store.audit_tables import AuditRecord

PUBLIC = "http://127.0.0.1:8080"
BEGIN = "/jimae/session/providers/house"
CALLBACK = f"{PUBLIC}{BEGIN}/callback"
PASSWORD = "a local Kennwort 42"  # noqa: S105


class House:
    """A server with one administrator of its own, and a provider that it trusts."""

    def __init__(self, service: Service, page: httpx.AsyncClient, theirs: oidc.Provider) -> None:
        self.service = service
        self.page = page
        self.theirs = theirs

    async def signed_in(self, who: str, *, page: httpx.AsyncClient | None = None) -> httpx.Response:
        """The answer to a browser that comes back from the provider."""
        page = page or self.page
        begun = await page.get(BEGIN)
        assert begun.status_code == 303, begun.text
        return await page.get(await self.way_back(begun, who))

    async def way_back(self, begun: httpx.Response, who: str) -> str:
        async with httpx.AsyncClient(trust_env=False) as browser:
            left = await oidc.signed_in(browser, begun.headers["location"], who, CALLBACK)
        return str(left.headers["location"])

    async def me(self) -> Any:
        return (await self.page.get("/jimae/session")).json()["me"]

    async def account(self, name: str) -> Account | None:
        return await self.service.store.read(
            lambda session: session.scalar(select(Account).where(Account.name == name))
        )

    async def acts(self) -> list[tuple[str, str]]:
        """Acts of the log with their outcomes."""
        return await self.service.store.read(
            lambda session: [
                (record.act, record.outcome)
                for record in session.scalars(select(AuditRecord).order_by(AuditRecord.seq))
            ]
        )

    def visitor(self) -> httpx.AsyncClient:
        """Another browser."""
        return httpx.AsyncClient(transport=self.page._transport, base_url=PUBLIC)


Opened = Callable[..., AbstractAsyncContextManager[House]]


@pytest.fixture(scope="module")
def theirs() -> Iterator[oidc.Provider]:
    with oidc.provider(CALLBACK) as running:
        yield running


@pytest.fixture
def open_house(settings: Settings, backends: Backends, theirs: oidc.Provider) -> Opened:
    return partial(house, settings, backends, theirs)


@asynccontextmanager
async def house(
    settings: Settings, backends: Backends, theirs: oidc.Provider, **changed: Any
) -> AsyncIterator[House]:
    own: dict[str, Any] = {
        "issuer": theirs.issuer,
        "client_id": oidc.CLIENT,
        "client_secret": oidc.SECRET,
        "scopes": ("openid", "profile", "email", "groups"),
        "title": "例のサインイン",
    }
    server = settings.server.model_copy(update={"public_url": PUBLIC})
    told = settings.model_copy(
        update={"server": server, "oidc": {"house": OidcSettings(**(own | changed))}}
    )
    service = Service(told, backends.make)
    await service.start()
    hashed = await service.passwords.hash(PASSWORD)

    def first(session: Session) -> None:
        wanted = NewPerson(name="admin", role="admin")
        people.create(session, SERVER, wanted, password_hash=hashed)

    await service.store.write(first)
    transport = httpx.ASGITransport(app=create_app(told, service))
    async with httpx.AsyncClient(transport=transport, base_url=PUBLIC) as page:
        yield House(service, page, theirs)
    await service.close()


async def test_round_trip(stored: Settings, backends: Backends, theirs: oidc.Provider) -> None:
    async with house(stored, backends, theirs, groups={"総務部": "総務"}) as there:
        ways = (await there.page.get("/jimae/session")).json()["sign_in"]
        assert ways["providers"] == [{"id": "house", "name": "例のサインイン"}]

        back = await there.signed_in("sakura")

        assert (back.status_code, back.headers["location"]) == (303, "/")
        me = await there.me()
        assert (me["name"], me["display_name"], me["role"]) == (
            "yamada.sakura",
            "山田さくら",
            "user",
        )
        assert [group["name"] for group in me["groups"]] == ["総務"]
        account = await there.account("yamada.sakura")
        assert account is not None
        assert (account.source, account.external_id) == ("house", "sakura")
        assert account.mail == "sakura@example.jp"
        assert account.password_hash is None
        acts = await there.acts()
        assert ("user.create", "done") in acts
        assert ("session.begin", "done") in acts

        # Again: the same account.
        await there.signed_in("sakura")
        again = await there.account("yamada.sakura")
        assert again is not None
        assert again.id == account.id


async def test_names_and_groups_that_only_userinfo_tells(
    settings: Settings, backends: Backends
) -> None:
    roles = {"ai-admins": "admin"}
    with oidc.provider(CALLBACK, in_id_token=False) as brief:
        async with house(settings, backends, brief, roles=roles) as there:
            await there.signed_in("taro")

            me = await there.me()

    assert (me["name"], me["display_name"], me["role"]) == ("suzuki.taro", "鈴木太郎", "admin")


async def test_groups_follow_the_provider(open_house: Opened) -> None:
    mapping = {"総務部": "総務", "経理部": "経理"}
    async with open_house(groups=mapping) as there:
        await there.signed_in("sakura")

        def move(session: Session) -> None:
            account = people.named(session, "yamada.sakura")
            for name in ("経理", "有志"):
                made = groups.create(session, SERVER, name)
                groups.join(session, SERVER, made, account)
            groups.leave(session, SERVER, groups.named(session, "総務"), account)

        await there.service.store.write(move)
        await there.signed_in("sakura")

        me = await there.me()

    assert {group["name"] for group in me["groups"]} == {"総務", "有志"}


async def test_only_allowed_groups_come_in(open_house: Opened) -> None:
    async with open_house(allow=("ai-users",)) as there:
        refused = await there.signed_in("visitor")
        assert refused.status_code == 403
        assert refused.json()["error"]["code"] == "directory_not_allowed"
        assert await there.account("visitor") is None
        assert ("session.refuse", "refused") in await there.acts()

        assert (await there.signed_in("sakura")).status_code == 303


async def test_no_account_is_made_where_none_may_be(open_house: Opened) -> None:
    async with open_house(create=False) as there:
        refused = await there.signed_in("sakura")

        assert refused.json()["error"]["code"] == "directory_no_account"
        assert await there.account("yamada.sakura") is None


async def test_an_account_of_this_server_is_not_taken_over(open_house: Opened) -> None:
    async with open_house() as there:
        local = NewPerson(name="yamada.sakura", mail="sakura@example.jp")
        await there.service.store.write(lambda session: people.create(session, SERVER, local))

        refused = await there.signed_in("sakura")

        assert refused.json()["error"]["code"] == "directory_name_taken"
        assert await there.me() is None
        account = await there.account("yamada.sakura")
        assert account is not None
        assert (account.source, account.external_id) == ("local", None)


async def test_who_is_disabled_stays_out(open_house: Opened) -> None:
    async with open_house() as there:
        await there.signed_in("sakura")

        def disable(session: Session) -> None:
            account = people.named(session, "yamada.sakura")
            people.change(session, SERVER, account, Change(disabled=True))

        await there.service.store.write(disable)
        assert await there.me() is None

        refused = await there.signed_in("sakura")

        assert refused.status_code == 401
        assert await there.me() is None


async def test_a_way_back_is_walked_once(open_house: Opened) -> None:
    async with open_house() as there:
        begun = await there.page.get(BEGIN)
        cookie = there.page.cookies["jimae_attempt"]
        back = await there.way_back(begun, "sakura")
        assert (await there.page.get(back)).status_code == 303
        assert "jimae_attempt" not in there.page.cookies

        # Its cookie is gone; and with the cookie, the code was used, and the attempt spent.
        refused = await there.page.get(back)
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "sign_in_stale")
        headers = {"cookie": f"jimae_attempt={cookie}"}
        assert (await there.page.get(back, headers=headers)).status_code in (400, 403)


async def test_a_way_back_is_of_one_browser(open_house: Opened) -> None:
    async with open_house() as there, there.visitor() as victim:
        begun = await there.page.get(BEGIN)
        link = await there.way_back(begun, "taro")

        # Somebody is given a link that would sign them in as somebody else.
        refused = await victim.get(link)
        assert refused.json()["error"]["code"] == "sign_in_stale"
        await victim.get(BEGIN)
        refused = await victim.get(link)
        assert refused.json()["error"]["code"] == "sign_in_stale"
        assert (await victim.get("/jimae/session")).json()["me"] is None


async def test_keys_are_changed(open_house: Opened) -> None:
    async with open_house() as there:
        assert (await there.signed_in("sakura")).status_code == 303
        for algorithm in ("RS256", "ES256", "RS256"):
            there.theirs.rotate(algorithm)
            assert (await there.signed_in("sakura")).status_code == 303


async def test_a_signature_that_is_not_allowed(open_house: Opened) -> None:
    async with open_house(algorithms=("ES256",)) as there:
        refused = await there.signed_in("sakura")

        assert (refused.status_code, refused.json()["error"]["code"]) == (401, "id_token_invalid")
        assert await there.me() is None


async def test_a_provider_that_is_down(settings: Settings, backends: Backends) -> None:
    with oidc.provider(CALLBACK) as gone:
        gone.stop()
    async with house(settings, backends, gone) as there:
        refused = await there.page.get(
            BEGIN, headers={"accept": "text/html", "accept-language": "ja"}
        )
        assert refused.status_code == 503
        assert "ディレクトリー「house」が応答しません" in refused.text
        assert there.theirs.issuer not in refused.text

        # Who has a password of this server comes in all the same.
        body = {"name": "admin", "password": PASSWORD}
        inside = await there.page.post("/jimae/session", json=body)
        assert inside.json()["me"]["name"] == "admin"
        listed = (await there.page.get("/jimae/admin/directories")).json()["data"]
        assert [(one["id"], one["failure"]) for one in listed] == [
            ("house", "directory_unreachable")
        ]


async def test_who_declines_is_told(open_house: Opened) -> None:
    async with open_house() as there:
        begun = await there.page.get(BEGIN)
        state = httpx.URL(begun.headers["location"]).params["state"]
        told = {"error": "access_denied", "state": state, "iss": there.theirs.issuer}

        refused = await there.page.get(f"{BEGIN}/callback", params=told)

        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "sign_in_refused")


async def test_another_provider_cannot_answer(open_house: Opened) -> None:
    async with open_house() as there:
        begun = await there.page.get(BEGIN)
        back = httpx.URL(await there.way_back(begun, "sakura"))

        refused = await there.page.get(back.copy_set_param("iss", "https://evil.example"))

        assert refused.json()["error"]["code"] == "sign_in_stale"


@pytest.mark.parametrize("path", ["/jimae/session/providers/none", f"{BEGIN}x/callback?state=a"])
async def test_an_unknown_provider(open_house: Opened, path: str) -> None:
    async with open_house() as there:
        refused = await there.page.get(path)

    assert (refused.status_code, refused.json()["error"]["code"]) == (404, "directory_unknown")
