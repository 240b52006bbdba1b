"""Everything the server does, in one object that the API and the CLI are given."""

from __future__ import annotations

import asyncio
from typing import Final, NamedTuple

from jimae.catalogue.registry import load as load_catalogue
from jimae.errors import JimaeError
from jimae.service.accounts.accounts import Accounts
from jimae.service.accounts.passwords import Passwords
from jimae.service.accounts.sign_in import SignIns
from jimae.service.accounts.watch import Watch
from jimae.service.audit.audit import Audit
from jimae.service.batches import Batches
from jimae.service.chat import Chat
from jimae.service.chats.chats import Chats
from jimae.service.conversations import Conversations
from jimae.service.directories.directories import Directories
from jimae.service.embeddings import Embeddings
from jimae.service.feedback import Feedback
from jimae.service.files import Files
from jimae.service.gate import Gate
from jimae.service.imports import Imports
from jimae.service.limits.limits import Limits
from jimae.service.model_status import ModelStatus
from jimae.service.models import BackendFactory, ModelPool
from jimae.service.policy.policy import Policy
from jimae.service.preferences import Preferences
from jimae.service.prefixes import Prefixes
from jimae.service.responses import Responses
from jimae.service.runs import Runs
from jimae.service.templates.templates import Templates
from jimae.service.tokens import Tokens
from jimae.settings import Settings
from jimae.store.blobs import FOLDER, Blobs
from jimae.store.store import Store
from jimae.types import EngineStatus

STATUS_SECONDS: Final = 1.0


class Queue(NamedTuple):
    """Requests of all models: being answered, and waiting for their turn."""

    running: int
    waiting: int


class Service:
    """The use cases over one set of settings.

    `start` opens the store and begins to load the default model; `close` ends every
    answer and every child, and then what is stored.
    """

    def __init__(self, settings: Settings, make: BackendFactory) -> None:
        self.settings = settings
        self.store = Store(settings)
        self.audit = Audit(settings, self.store)
        catalogue = load_catalogue(settings.data_dir)
        self.models = ModelPool(settings, catalogue, make, self.audit.vault.prefix_key)
        self.imports = Imports(settings, catalogue, self.models.files.all)
        self.runs = Runs()
        self.tokens = Tokens(self.models)
        self.accounts = Accounts(self.store, settings.accounts)
        self.passwords = Passwords(settings.accounts.password_length)
        self.directories = Directories(settings, self.store)
        self.sign_ins = SignIns(
            self.store, settings.accounts, self.passwords, (self.directories.ldap,)
        )
        self.watch = Watch(
            self.store, self.runs, self.accounts, settings.accounts.session_idle_minutes * 60
        )
        self.limits = Limits(self.store, settings.server.time_zone)
        self.policy = Policy(self.store)
        self.gate = Gate(
            self.store, self.limits, self.policy, self.audit.vault, self.models, self.tokens
        )
        self.chat = Chat(self.models, self.runs, self.gate, settings.engine.sharing)
        self.embeddings = Embeddings(settings, self.models, self.runs, self.gate)
        self.prefixes = Prefixes(settings, self.store, self.models, self.audit.vault.prefix_key)
        forget = self.prefixes.forget
        self.responses = Responses(self.store, self.chat, forget)
        self.conversations = Conversations(self.store, self.responses.is_live, forget)
        self.chats = Chats(settings, self.store, self.chat, self.models.files.default_id, forget)
        self.runs.when_refusing(self.chats.feed.end)
        self.templates = Templates(self.store)
        self.preferences = Preferences(self.store)
        self.feedback = Feedback(self.store, self.policy)
        blobs = Blobs(settings.data_dir / FOLDER)
        self.files = Files(self.store, blobs)
        self.batches = Batches(settings, self.store, blobs, self.accounts)

    async def start(self) -> None:
        """Raises what `Store.open` raises, and `ModelPool.get` for the default model."""
        if not self.store.is_open:
            await self.store.open()
            await self.audit.watch()
            await self.prefixes.tidy()
            await self.limits.open()
            await self.responses.open()
            await self.chats.start()
            await self.files.start()
            self.watch.start()
            self.directories.start()
        await self.models.get(self.models.files.default_id())

    async def close(self) -> None:
        await self.watch.close()
        await self.directories.close()
        await self.imports.close()
        await self.batches.close()
        await self.files.close()
        self.runs.end()
        await self.responses.close()
        await self.chats.close()
        await self.models.close()
        await self.audit.close()
        await self.store.close()

    def readiness(self) -> ModelStatus:
        """The model that decides whether the server is ready: the default one."""
        return self.models.status(self.models.files.default_id())

    async def queue(self) -> Queue:
        """Counts of every model that says so within a second: one whose worker hangs does
        not hold up the page that would tell of it."""
        asked = [asyncio.ensure_future(backend.status()) for backend in self.models.running()]
        running = waiting = 0
        if asked:
            answered, late = await asyncio.wait(asked, timeout=STATUS_SECONDS)
            for task in late:
                task.add_done_callback(_counts)
            for counts in filter(None, map(_counts, answered)):
                running += counts.running
                waiting += counts.waiting
        return Queue(running, waiting)


def _counts(task: asyncio.Future[EngineStatus]) -> EngineStatus | None:
    """What an engine said; None if its worker died meanwhile, and has nothing running."""
    try:
        return task.result()
    except (JimaeError, asyncio.CancelledError):
        return None
