"""Sign-in at a provider of OpenID Connect: authorization code, PKCE, state and nonce.

browser ──► begin() ──► provider: who are you? ──► browser ──► end(code, state)
                                                                  │ code ──► tokens
                                                                  ▼
                                                   the ID token, checked ──► Person
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx2
import msgspec
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc.jwk import KeySet

from jimae.errors import JimaeError
from jimae.service.directories import id_token, secret_files
from jimae.service.directories.attempt import Attempt, Seal
from jimae.service.directories.fence import Fence, FencedTransport
from jimae.service.directories.person import Person
from jimae.settings.directories import OidcSettings

log = logging.getLogger(__name__)

WELL_KNOWN: Final = "/.well-known/openid-configuration"
DISCOVERY_SECONDS: Final = 3600.0
LONGEST_ERROR: Final = 100


class Discovery(msgspec.Struct, frozen=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0), as far as it is used."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Provider:
    """One `[oidc.NAME]` of the settings. Nothing is asked of it before somebody signs in.

    All raise `directory_unreachable`, `directory_answer` and `directory_host`.
    """

    def __init__(self, name: str, settings: OidcSettings) -> None:
        self.name = name
        self.settings = settings
        self._secret = secret_files.value(
            f"oidc.{name}.client_secret", settings.client_secret, settings.client_secret_file
        )
        self._seal = Seal(self._secret.encode() if self._secret else None)
        self._fence = Fence(name, settings)
        self._trusted = self._authorities()
        self._discovery: tuple[float, Discovery] | None = None
        self._keys: KeySet | None = None

    def anew(self) -> Provider:
        """The same one, of whom nothing is remembered. Raises `settings_file`."""
        return Provider(self.name, self.settings)

    @property
    def is_known(self) -> bool:
        """Whether its discovery was read."""
        return self._discovery is not None

    async def begin(self, callback: str) -> tuple[str, str]:
        """Where to send the browser, and the cookie to give it. `callback` is where it comes
        back to."""
        attempt = Attempt.begin(self.name)
        async with self._client(callback) as client:
            found = await self.discovery(client)
            # A browser goes there, not this server; but not wherever an answer says, either.
            endpoint = self._fence.check(found.authorization_endpoint)
            url, _ = client.create_authorization_url(
                endpoint,
                state=attempt.state,
                code_verifier=attempt.verifier,
                nonce=attempt.nonce,
            )
        return url, self._seal.close(attempt)

    async def end(
        self, callback: str, query: Mapping[str, str], cookie: str | None
    ) -> tuple[Person, Attempt]:
        """Who came back. An attempt must be used once only, which the caller sees to.

        Raises `sign_in_stale`, `sign_in_refused` and `id_token_invalid`.
        """
        attempt = self._seal.open(cookie) if cookie else None
        state = query.get("state", "").encode()
        if (
            attempt is None
            or attempt.directory != self.name
            or not hmac.compare_digest(state, attempt.state.encode())
        ):
            raise JimaeError("sign_in_stale")
        async with self._client(callback) as client:
            found = await self.discovery(client)
            self._check_issuer(found, query.get("iss"))
            code = query.get("code")
            if code is None:
                told = query.get("error", "no code")[:LONGEST_ERROR]
                raise JimaeError("sign_in_refused", directory=self.name, reason=told)
            tokens = await self._tokens(client, found, code, attempt)
            claims = await self._claims(client, found, tokens, attempt)
        return self._person(claims), attempt

    async def discovery(self, client: AsyncOAuth2Client) -> Discovery:
        """What the provider says of itself, at most an hour old."""
        if self._discovery is None or self._discovery[0] + DISCOVERY_SECONDS < time.monotonic():
            document = await self._get(client, self.settings.issuer.rstrip("/") + WELL_KNOWN)
            try:
                found = msgspec.convert(document, Discovery)
            except msgspec.ValidationError as error:
                raise self._unusable(f"its discovery: {error}") from error
            if found.issuer != self.settings.issuer:
                raise self._unusable(
                    f"its discovery names the issuer {found.issuer}, the settings "
                    f"{self.settings.issuer}"
                )
            for url in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
                self._fence.check(url)
            self._discovery = (time.monotonic(), found)
        return self._discovery[1]

    async def keys(self, client: AsyncOAuth2Client, found: Discovery, *, anew: bool) -> KeySet:
        """Those that the provider signs with."""
        if self._keys is None or anew:
            document = await self._get(client, found.jwks_uri)
            try:
                self._keys = id_token.read_keys(document)
            except ValueError as error:
                raise self._unusable(str(error)) from error
        return self._keys

    @asynccontextmanager
    async def client(self) -> AsyncIterator[AsyncOAuth2Client]:
        """A client that can reach this provider and nothing else."""
        async with self._client("") as client:
            yield client

    @asynccontextmanager
    async def _client(self, callback: str) -> AsyncIterator[AsyncOAuth2Client]:
        client = AsyncOAuth2Client(
            self.settings.client_id,
            self._secret,
            scope=" ".join(self.settings.scopes),
            redirect_uri=callback,
            code_challenge_method="S256",
            transport=FencedTransport(self._fence, self._trusted),
            timeout=self.settings.timeout_seconds,
            follow_redirects=False,
            trust_env=False,
        )
        async with client:
            with _Told(self.name):
                yield client

    async def _tokens(
        self, client: AsyncOAuth2Client, found: Discovery, code: str, attempt: Attempt
    ) -> Mapping[str, Any]:
        methods = found.token_endpoint_auth_methods_supported
        if self._secret and "client_secret_post" in methods:
            client.token_endpoint_auth_method = "client_secret_post"  # noqa: S105  # a method
        async with asyncio.timeout(self.settings.timeout_seconds):
            tokens: Mapping[str, Any] = await client.fetch_token(
                found.token_endpoint,
                grant_type="authorization_code",
                code=code,
                code_verifier=attempt.verifier,
            )
        return tokens

    async def _claims(
        self,
        client: AsyncOAuth2Client,
        found: Discovery,
        tokens: Mapping[str, Any],
        attempt: Attempt,
    ) -> id_token.Claims:
        access = tokens.get("access_token")
        expected = id_token.Expected(
            self.name,
            self.settings.issuer,
            self.settings.client_id,
            attempt.nonce,
            self.settings.algorithms,
            access if isinstance(access, str) else None,
        )
        token = tokens.get("id_token")
        try:
            keys = await self.keys(client, found, anew=False)
            claims = id_token.checked(token, keys, expected)
        except id_token.UnknownKeyError:
            # Providers change their keys: once, ask for the new ones.
            keys = await self.keys(client, found, anew=True)
            try:
                claims = id_token.checked(token, keys, expected)
            except id_token.UnknownKeyError as error:
                raise JimaeError(
                    "id_token_invalid", directory=self.name, reason=str(error)
                ) from error
        if self.settings.name_claim in claims or found.userinfo_endpoint is None:
            return claims
        return claims | await self._userinfo(client, found.userinfo_endpoint, claims, access)

    async def _userinfo(
        self, client: AsyncOAuth2Client, url: str, claims: id_token.Claims, access: object
    ) -> id_token.Claims:
        """What an ID token was too small for (OpenID Connect Core 1.0, section 5.3)."""
        said = await self._get(client, url, headers={"Authorization": f"Bearer {access}"})
        if not isinstance(said, dict) or said.get("sub") != claims["sub"]:
            raise self._unusable("its userinfo is of somebody else")
        return {name: value for name, value in said.items() if name not in claims}

    async def _get(
        self, client: AsyncOAuth2Client, url: str, headers: Mapping[str, str] | None = None
    ) -> object:
        async with asyncio.timeout(self.settings.timeout_seconds):
            response = await client.request("GET", url, withhold_token=True, headers=headers)
        if response.status_code != 200:
            raise self._unusable(f"status {response.status_code} from {url}")
        return response.json()

    def _check_issuer(self, found: Discovery, issuer: str | None) -> None:
        """RFC 9207: an answer of another provider must not be taken for this one's."""
        expected = found.authorization_response_iss_parameter_supported
        if issuer != self.settings.issuer and (expected or issuer is not None):
            raise JimaeError("sign_in_stale")

    def _person(self, claims: id_token.Claims) -> Person:
        settings = self.settings
        external_id = _text(claims, settings.id_claim)
        name = _text(claims, settings.name_claim)
        for claim, value in ((settings.id_claim, external_id), (settings.name_claim, name)):
            if value is None:
                raise JimaeError("directory_claim", directory=self.name, claim=claim)
        groups = claims.get(settings.groups_claim, ())
        listed = (groups,) if isinstance(groups, str) else groups
        return Person(
            directory=self.name,
            external_id=external_id or "",
            name=name or "",
            display_name=_text(claims, settings.display_name_claim) or name or "",
            mail=_text(claims, settings.mail_claim),
            groups=tuple(group for group in listed if isinstance(group, str))
            if isinstance(listed, list | tuple)
            else (),
        )

    def _authorities(self) -> ssl.SSLContext:
        """Whose certificates hold. Raises `settings_file`."""
        file = self.settings.ca_file
        try:
            return ssl.create_default_context(cafile=file)
        except OSError as error:
            reason = error.strerror or str(error)
            raise JimaeError("settings_file", path=str(file), reason=reason) from None

    def _unusable(self, reason: str) -> JimaeError:
        log.warning("directory %s: %s", self.name, reason)
        return JimaeError("directory_answer", directory=self.name)


class _Told:
    """Turns what the libraries raise into our errors. The reason is for the log and the
    terminal: who is not signed in need not know where a provider is."""

    def __init__(self, directory: str) -> None:
        self._directory = directory

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        match error:
            case AuthlibBaseError():
                reason = str(error.error)[:LONGEST_ERROR]
                told = JimaeError("sign_in_refused", directory=self._directory, reason=reason)
            case httpx2.HTTPStatusError() | ValueError():
                told = JimaeError("directory_answer", directory=self._directory)
            case httpx2.HTTPError() | httpx2.StreamError() | TimeoutError() | OSError():
                told = JimaeError("directory_unreachable", directory=self._directory)
            case _:
                return
        log.warning("directory %s: %s: %s", self._directory, type(error).__name__, error)
        raise told from error


def _text(claims: id_token.Claims, name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) and value else None
