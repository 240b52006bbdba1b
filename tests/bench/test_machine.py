from __future__ import annotations

import time

import pytest

from fakes.openai_stub import Stub, serving
from jimae.bench import machine, prompts
from jimae.bench.client import Server
from jimae.bench.machine import resident_mib, settle, this_machine


async def test_settling_waits_for_a_server_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "QUIET_PERCENT", 101.0)
    monkeypatch.setattr(machine, "SETTLE_SECONDS", 2.0)
    async with serving(Stub(endless=True)) as stub:
        server = Server("a", stub.url, "m", tells_slots=True)
        running = server.start([prompts.user("x")], 2000, whole=False)
        await running.trace.wait_for_pieces(1)
        before = time.monotonic()
        await settle([server])
        assert time.monotonic() - before >= 2.0
        await running.break_off()
        monkeypatch.setattr(machine, "SETTLE_SECONDS", 60.0)
        assert 0 <= await settle([server]) <= 100
        await server.close()


async def test_memory_of_a_local_server_is_seen() -> None:
    async with serving(Stub()) as stub:
        assert (resident_mib(stub.url) or 0) > 1
    assert resident_mib("http://192.0.2.1:80") is None


def test_this_machine_is_described() -> None:
    found = this_machine()
    assert 1 <= found.cores <= found.threads
    assert found.memory_gib > 0
    assert found.cpu
