"""The official Node client, in its own process, against a real server (tests/node)."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from fakes.answering import Answering
from fakes.backend import Backends
from fakes.serving import serving
from jimae.service.service import Service
from jimae.settings import Settings
from lib.tools import node_path

HERE = Path(__file__).parents[1] / "node"


async def test_the_node_client(settings: Settings, backends: Backends) -> None:
    assert (HERE / "node_modules").is_dir(), "scripts/setup --test installs it"
    backends.made["fake"] = Answering("fake")
    async with serving(settings, Service(settings, backends.make)) as served:
        node = await asyncio.create_subprocess_exec(
            "node",
            "--test",
            "--test-reporter=spec",
            cwd=HERE,
            env={
                "PATH": node_path(),
                "HOME": os.environ.get("HOME", "/"),
                "JIMAE_URL": served.url,
                "NO_COLOR": "1",
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await node.communicate()
    assert node.returncode == 0, said.decode()
    assert b"pass 0" not in said
