"""llama-cpp-python: compiled here, once for this kind of CPU and these options.

There is no wheel of it on PyPI. The wheel made here uses what this CPU can do,
so it is kept under a key of the CPU's features: on another CPU it would end
with an illegal instruction.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

from lib.places import LOG, ROOT, VENV, VENV_PYTHON, python, user_cache
from lib.shell import SetupError, quiet
from lib.stamps import digest, is_set, put
from lib.steps import Progress, Step
from lib.tools import ONLINE, uv, uv_environment

NAME = "llama-cpp-python"
# Measured: 193 compiler calls take 5 to 6.5 minutes on two cores.
CORE_SECONDS = 2 * 6.0 * 60
DOWNLOAD_SECONDS = 10
CHUNK = 1 << 20
NINJA = re.compile(r"^\[(\d+)/(\d+)\]")


def locked() -> tuple[str, str, str]:
    """Version, address of the source package and its sha256, from uv.lock."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    package = next(entry for entry in lock["package"] if entry["name"] == NAME)
    sdist = package["sdist"]
    return package["version"], sdist["url"], sdist["hash"].removeprefix("sha256:")


def key(version: str) -> str:
    """What a compiled wheel depends on: version, CPU, C library, options."""
    options = os.environ.get("CMAKE_ARGS", "")
    cpu = digest(platform.machine(), _cpu_features(), " ".join(platform.libc_ver()), options)
    return f"{version}-{platform.machine()}-{cpu[:16]}"


def _cpu_features() -> str:
    """The flags of the first CPU in /proc/cpuinfo (`Features` on ARM), sorted."""
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() in {"flags", "Features"}:
            return " ".join(sorted(value.split()))
    return ""


def _wheel(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob("*.whl"))), None) if folder.is_dir() else None


class LlamaWheel:
    """The wheel for this machine: whether it is there, making it, installing it."""

    def __init__(self) -> None:
        self.version, self.url, self.sha256 = locked()
        self.key = key(self.version)
        self.folder = user_cache() / "wheels" / self.key

    def compiled(self) -> bool:
        return _wheel(self.folder) is not None

    def installed(self) -> bool:
        stem = f"{NAME.replace('-', '_')}-{self.version}.dist-info"
        there = any(VENV.glob(f"lib/python*/site-packages/{stem}"))
        return there and is_set("llama", self.key)

    def compile_step(self) -> Step:
        seconds = DOWNLOAD_SECONDS + CORE_SECONDS / (os.cpu_count() or 1)
        return Step(
            f"{NAME} {self.version}, compiled for this CPU",
            seconds,
            lambda: self.installed() or self.compiled(),
            self.compile,
        )

    def install_step(self) -> Step:
        return Step(f"{NAME} into .venv", 5, self.installed, self.install)

    def compile(self, progress: Progress) -> None:
        """Download the source package, check its sum, compile it into the cache."""
        making = self.folder.with_suffix(f".making-{os.getpid()}")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        try:
            source = making / self.url.rsplit("/", 1)[1]
            self._download(source, progress)
            build: list[str | Path] = [uv(), "build", "--wheel", source, "-o", making / "out", "-v"]
            quiet(
                [*build, "--python", python()],
                # The build runs beside other work on the machine only if it is asked to.
                env=uv_environment(),
                cwd=making,
                what=f"compiling {NAME} failed",
                fix=f"look for the first 'error:' in {LOG}; a C++ compiler is in "
                "Debian's package g++, and CMAKE_ARGS holds your own options.",
                on_line=lambda line: _follow(line, progress),
            )
            wheel = _wheel(making / "out")
            if wheel is None:
                raise SetupError(f"compiling {NAME} left no wheel.", log=LOG)
            self.folder.mkdir(parents=True, exist_ok=True)
            wheel.rename(self.folder / wheel.name)
        finally:
            shutil.rmtree(making, ignore_errors=True)

    def _download(self, target: Path, progress: Progress) -> None:
        summed = hashlib.sha256()
        try:
            with urllib.request.urlopen(self.url, timeout=60) as answer, target.open("wb") as file:
                total = int(answer.headers.get("Content-Length") or 0)
                while chunk := answer.read(CHUNK):
                    summed.update(chunk)
                    file.write(chunk)
                    progress.at(None, f"downloaded {file.tell() >> 20} of {total >> 20} MiB")
        except (urllib.error.URLError, OSError) as error:
            raise SetupError(f"{self.url} cannot be downloaded: {error}.", ONLINE) from None
        if summed.hexdigest() != self.sha256:
            raise SetupError(
                f"{self.url} has the sha256 {summed.hexdigest()}; uv.lock says {self.sha256}.",
                "something on the way changes downloads: ask whoever runs your network.",
            )

    def install(self, progress: Progress) -> None:
        wheel = _wheel(self.folder)
        if wheel is None:
            raise SetupError(f"there is no compiled wheel in {self.folder}.", "run this again.")
        install: list[str | Path] = [
            uv(),
            "pip",
            "install",
            "--no-deps",
            "--reinstall",
            "--python",
            VENV_PYTHON,
        ]
        quiet([*install, wheel], env=uv_environment(), what=f"installing {wheel.name} failed")
        progress.at(None, "trying it")
        quiet(
            [VENV_PYTHON, "-c", "import llama_cpp; llama_cpp.llama_backend_init()"],
            what=f"{NAME} was compiled but does not load",
            fix=f"rm -r {self.folder}; then run this again.",
        )
        put("llama", self.key)


def _follow(line: str, progress: Progress) -> None:
    """Show ninja's `[n/N]` as progress."""
    if match := NINJA.match(line):
        number, count = int(match[1]), int(match[2])
        progress.at(number / count, f"{number} of {count} files")
