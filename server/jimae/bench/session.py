"""One measurement from beginning to end: peers started, servers compared, files written."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from jimae.bench.client import Server
from jimae.bench.compare import Plan, Progress, compare
from jimae.bench.peer import Peer, PeerOptions, running
from jimae.bench.report import Report, to_json
from jimae.bench.svg import plot


@dataclass(frozen=True)
class Target:
    """A server that is there already."""

    label: str
    url: str


@dataclass(frozen=True)
class Request:
    targets: Sequence[Target]
    peers: Sequence[PeerOptions]
    model: str
    plan: Plan
    api_key: str | None = None
    model_file: Path | None = None
    json_file: Path | None = None
    plot_file: Path | None = None


def measure(request: Request, progress: Progress) -> Report:
    """Start the peers, measure, stop them, write the files that were asked for."""
    with ExitStack() as stack:
        peers = [stack.enter_context(running(peer, progress)) for peer in request.peers]
        report = asyncio.run(_compare(request, peers, progress))
    for peer, facts in zip(peers, report.servers[len(request.targets) :], strict=True):
        _complete(report, peer, facts.label)
    if request.model_file is not None:
        with request.model_file.open("rb") as file:
            report.model_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if request.json_file is not None:
        request.json_file.write_bytes(to_json(report))
    if request.plot_file is not None:
        request.plot_file.write_text(plot(report), encoding="utf-8")
    return report


async def _compare(request: Request, peers: Sequence[Peer], progress: Progress) -> Report:
    servers = [
        Server(target.label, target.url, request.model, request.api_key)
        for target in request.targets
    ]
    # The key is for the servers that were named, not for one started here.
    servers += [Server(peer.label, peer.url, request.model) for peer in peers]
    try:
        return await compare(servers, request.plan, progress)
    finally:
        for server in servers:
            await server.close()


def _complete(report: Report, peer: Peer, label: str) -> None:
    facts = next(server for server in report.servers if server.label == label)
    build = peer.built.facts
    facts.command = peer.command
    facts.notes.append(
        f"built from the llama.cpp inside {build.package} {build.version}, commit "
        f"{build.commit[:12]}, {build.compiler}, {' '.join(build.options)}"
    )
