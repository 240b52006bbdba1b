"""Everything that has to be there, in the order in which it can be made."""

from __future__ import annotations

import argparse
import fcntl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lib import debian, page, tools, venv, weights
from lib.llama_wheel import LlamaWheel
from lib.places import CACHE, LOG, NODE_CLIENTS, user_cache
from lib.steps import Step, run_steps

RUN = (debian.CERTIFICATES, debian.VENV)
TEST = (debian.CHROMIUM, debian.JAPANESE_FONT, debian.POSTGRESQL, *debian.LDAP_HEADERS)
NODE_CLIENTS_STEP = tools.npm_step(
    "OpenAI's client and a provider of OpenID Connect for Node", NODE_CLIENTS, "node-clients"
)


def steps(*, test: bool) -> list[Step]:
    """The steps for running the server, or for testing it as well."""
    llama = LlamaWheel()
    compiling = not (llama.installed() or llama.compiled())
    needs = [
        *RUN,
        *([debian.COMPILER] if compiling else []),
        *(TEST if test else ()),
    ]
    page_is_built = page.built() and not test
    return [
        debian.step(needs, seconds=90 if test else 30),
        tools.uv_step(),
        venv.step(dev=test),
        llama.compile_step(),
        llama.install_step(),
        *([] if page_is_built else [tools.node_step()]),
        page.packages_step(build_only=not test),
        page.build_step(),
        *(
            [NODE_CLIENTS_STEP, debian.nginx_step(), debian.slapd_step(), *weights.steps()]
            if test
            else []
        ),
    ]


def set_up(*, test: bool = False) -> None:
    """Do what is not done yet. One at a time on this machine."""
    with _only_one():
        CACHE.mkdir(exist_ok=True)
        LOG.write_text(f"Set-up of {time.strftime('%Y-%m-%d %H:%M:%S')}\n", encoding="utf-8")
        run_steps(steps(test=test), purpose="for running and testing" if test else "for running")


@contextmanager
def _only_one() -> Iterator[None]:
    lock = user_cache() / "setup.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up is running on this machine; waiting for it.", flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="scripts/setup",
        description="Install what is missing. scripts/start and scripts/test do this themselves.",
    )
    parser.add_argument(
        "--test",
        action="store_true",
        help="also what the tests need: a browser, PostgreSQL, nginx, slapd, small models",
    )
    set_up(test=parser.parse_args(arguments).test)
    print("Nothing is missing.")
    return 0
