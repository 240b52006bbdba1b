"""Builds llama-server once per version, CPU and compiler, and keeps the binary."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from jimae.bench import peer_source
from jimae.bench.machine import cpu_identity
from jimae.bench.peer_source import Progress
from jimae.errors import JimaeError

# What the binding's own build uses: Release, the CPU's own instructions and
# OpenMP by default, no curl. Nothing but the server is built, and its web page,
# which would want npm or a download, is left out.
CMAKE_OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DLLAMA_BUILD_COMMON=ON",
    "-DLLAMA_BUILD_TOOLS=ON",
    "-DLLAMA_BUILD_SERVER=ON",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DLLAMA_BUILD_APP=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_CURL=OFF",
    "-DLLAMA_OPENSSL=OFF",
)
_STEP = re.compile(r"^\[(\d+)/(\d+)\]")


class BuildFacts(msgspec.Struct, frozen=True):
    """What was built, and how: kept beside the binary."""

    package: str
    version: str
    commit: str
    compiler: str
    options: list[str]
    seconds: float


@dataclass(frozen=True)
class Built:
    binary: Path
    facts: BuildFacts


def build(progress: Progress) -> Built:
    """llama-server for this machine, from the cache or built now (some minutes).

    Raises JimaeError `peer_source`, `peer_tools` or `peer_build_failed`.
    """
    version = peer_source.binding_version()
    options = [*CMAKE_OPTIONS, *shlex.split(os.environ.get("CMAKE_ARGS", ""))]
    compiler = _compiler()
    cache = peer_source.cache_dir()
    folder = cache / f"{version}-{_fingerprint(compiler, options)}"
    binary, facts_file = folder / "llama-server", folder / "build.json"
    if binary.is_file() and facts_file.is_file():
        return Built(binary, msgspec.json.decode(facts_file.read_bytes(), type=BuildFacts))
    tools = _tools(cache / "tools", progress)
    archive = peer_source.obtain(peer_source.locate(version), cache, progress)
    folder.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory(dir=cache, prefix="build-") as work:
        source, commit = peer_source.unpack(archive, Path(work))
        named = [f"-DLLAMA_BUILD_COMMIT={commit[:7]}", "-DLLAMA_BUILD_NUMBER=1"]
        made = _compile(source, Path(work) / "out", tools, options + named, folder, progress)
        seconds = round(time.monotonic() - started, 1)
        facts = BuildFacts(peer_source.PACKAGE, version, commit, compiler, options, seconds)
        shutil.move(made, binary)
    facts_file.write_bytes(msgspec.json.format(msgspec.json.encode(facts), indent=2))
    progress(f"llama-server is built, in {seconds:.0f} s: {binary}")
    return Built(binary, facts)


@dataclass(frozen=True)
class _Tools:
    cmake: str
    ninja: str
    environ: dict[str, str]


def _compile(
    source: Path, out: Path, tools: _Tools, options: list[str], folder: Path, progress: Progress
) -> Path:
    log = folder / "build.log"
    configure = [
        tools.cmake,
        "-G",
        "Ninja",
        f"-DCMAKE_MAKE_PROGRAM={tools.ninja}",
        "-S",
        str(source),
        "-B",
        str(out),
        *options,
    ]
    compile_ = [tools.cmake, "--build", str(out), "--target", "llama-server"]
    with log.open("w", encoding="utf-8") as file:
        for step in (configure, compile_):
            file.write(shlex.join(step) + "\n")
            if _run(step, tools.environ, file, progress) != 0:
                raise JimaeError("peer_build_failed", step=shlex.join(step[:3]), log=str(log))
    return out / "bin" / "llama-server"


def _run(command: list[str], environ: dict[str, str], log: IO[str], progress: Progress) -> int:
    """Run one step of the build; its output goes to `log`, every 20th step to `progress`."""
    with subprocess.Popen(
        command,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            log.write(line)
            step = _STEP.match(line)
            if step and int(step[1]) % 20 == 0:
                progress(f"building llama-server: step {step[1]} of {step[2]}")
    return process.returncode


def _compiler() -> str:
    """The C++ compiler's own first line, since another compiler is another binary."""
    name = os.environ.get("CXX", "c++")
    try:
        result = subprocess.run([name, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise JimaeError("peer_tools", tool=name) from None
    return result.stdout.partition("\n")[0]


def _fingerprint(compiler: str, options: list[str]) -> str:
    name, flags = cpu_identity()
    text = "\n".join([name, *sorted(flags), compiler, *options])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _tools(folder: Path, progress: Progress) -> _Tools:
    """cmake and ninja: those of the system, else their wheels in a place of their own."""
    found = {name: shutil.which(name) for name in ("cmake", "ninja")}
    if not all(found.values()):
        bin_ = folder / "bin"
        if not (bin_ / "cmake").is_file() or not (bin_ / "ninja").is_file():
            progress("getting cmake and ninja")
            _install_tools(folder)
        found = {name: str(bin_ / name) for name in found}
    return _Tools(str(found["cmake"]), str(found["ninja"]), dict(os.environ))


def _install_tools(folder: Path) -> None:
    uv = shutil.which("uv")
    python = str(folder / "bin" / "python")
    if uv:
        steps = [
            [uv, "venv", "--clear", "--python", sys.executable, str(folder)],
            [uv, "pip", "install", "--python", python, "cmake", "ninja"],
        ]
    else:
        steps = [
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [python, "-m", "pip", "install", "cmake", "ninja"],
        ]
    for step in steps:
        try:
            subprocess.run(step, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            raise JimaeError("peer_tools", tool="cmake and ninja") from None
