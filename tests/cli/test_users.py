"""`jimae users` and `jimae groups`, on the database itself, while a server runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import httpx

from fakes.process import ENVIRONMENT, Process

PASSWORD = "とても長い合言葉-staple"  # noqa: S105


def jimae(data_dir: Path, *arguments: str, typed: str = "") -> tuple[int, str, str]:
    """Exit code, what it printed, and what it told of errors."""
    done = subprocess.run(
        [sys.executable, "-m", "jimae.cli.main", *arguments, "--data-dir", str(data_dir)],
        env=ENVIRONMENT | {"LANG": "C.UTF-8"},
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_people_from_the_terminal_while_the_server_runs(
    tmp_path: Path, processes: list[Process]
) -> None:
    server = Process(tmp_path, delay=0.01, drain=0.5)
    processes.append(server)
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        assert client.get("/v1/models").is_success
        code, _, said = jimae(tmp_path, "users", "add", "hanako", "--one-time")
        assert code == 1
        assert "jimae users add hanako --role admin" in said
        assert client.get("/v1/models").is_success, "still nobody has an account"

        code, out, _ = jimae(
            tmp_path,
            "users",
            "add",
            "yamada",
            "--role",
            "admin",
            "--password-stdin",
            typed=PASSWORD,
        )
        assert (code, out) == (0, "Made: yamada\n")
        assert client.get("/v1/models").status_code == 401, "without a restart"
        signing = {"name": "yamada", "password": PASSWORD}
        assert client.post("/jimae/session", json=signing).json()["me"]["role"] == "admin"
        assert client.get("/v1/models").is_success

        code, out, said = jimae(tmp_path, "users", "add", "hanako", "--one-time")
        assert code == 0
        assert re.fullmatch(r"([a-z0-9]{4}-){3}[a-z0-9]{4}", out.splitlines()[-1])
        assert "not shown again" in said
        assert jimae(tmp_path, "groups", "add", "総務課", "--purpose", "議事録")[0] == 0
        assert jimae(tmp_path, "users", "set", "hanako", "--role", "manager")[0] == 0
        assert jimae(tmp_path, "groups", "join", "総務課", "hanako", "--manages")[0] == 0
        listed = json.loads(jimae(tmp_path, "users", "list", "--group", "総務課", "--json")[1])
        assert [(one["name"], one["role"]) for one in listed] == [("hanako", "manager")]
        assert listed[0]["groups"][0]["manages"]

        out_of_it = streaming(client, lambda: jimae(tmp_path, "users", "disable", "yamada"))
        assert out_of_it[0] == 1, "the last administrator"
        assert jimae(tmp_path, "users", "set", "hanako", "--role", "admin")[0] == 0
        last = streaming(client, lambda: jimae(tmp_path, "users", "disable", "yamada"))[1]
        assert '"code":"access_revoked"' in last
        assert client.get("/v1/models").status_code == 401


def streaming(client: httpx.Client, act: object) -> tuple[int, str]:
    """What a command said while an answer was written, and the last event of the answer."""
    csrf = {"X-JIMAE-CSRF": client.get("/jimae/session").json()["csrf"]}
    body = {
        "model": "fake",
        "messages": [{"role": "user", "content": "話して"}],
        "stream": True,
    }
    last = ""
    with client.stream("POST", "/v1/chat/completions", json=body, headers=csrf) as response:
        lines = response.iter_lines()
        next(lines)
        code, *_ = act()  # type: ignore[operator]
        if code != 0:
            return code, ""
        begun = time.monotonic()
        for line in lines:
            last = line if line.startswith("data:") else last
        assert time.monotonic() - begun < 5
    return code, last


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    add = ("users", "add", "yamada", "--role", "admin", "--password-stdin")
    assert "password" in jimae(tmp_path, *add, typed="password1234\n")[2]
    assert jimae(tmp_path, *add, typed=f"{PASSWORD}\n")[0] == 0
    code, _, said = jimae(tmp_path, *add, typed=f"{PASSWORD}\n")
    assert code == 1
    assert "already one with the name 'yamada'" in said
    for arguments in (
        ("users", "delete", "yamada", "--yes"),
        ("users", "set", "yamada", "--role", "user"),
    ):
        code, _, said = jimae(tmp_path, *arguments)
        assert code == 1
        assert "only administrator" in said
    code, _, said = jimae(tmp_path, "users", "setup-code")
    assert code == 1
    assert "accounts already" in said
    code, _, said = jimae(tmp_path, "groups", "join", "総務課", "yamada")
    assert code == 1
    assert "'総務課'" in said
    assert "Traceback" not in said


def test_deleting_and_leaving(tmp_path: Path) -> None:
    add = ("users", "add", "yamada", "--role", "admin", "--password-stdin")
    assert jimae(tmp_path, *add, typed=f"{PASSWORD}\n")[0] == 0
    for name in ("hanako", "taro"):
        assert jimae(tmp_path, "users", "add", name, "--one-time")[0] == 0
    assert jimae(tmp_path, "groups", "add", "営業")[0] == 0
    assert jimae(tmp_path, "groups", "join", "営業", "hanako")[0] == 0
    listed = json.loads(jimae(tmp_path, "groups", "list", "--json")[1])
    assert [(group["name"], group["members"]) for group in listed] == [("営業", 1)]
    assert jimae(tmp_path, "groups", "leave", "営業", "hanako")[0] == 0
    delete = ("users", "delete", "hanako", "--transfer-to", "taro")
    code, _, said = jimae(tmp_path, *delete, typed="")
    assert (code, "goes to taro" in said) == (1, True), "nobody typed anything"
    assert jimae(tmp_path, *delete, typed="taro\n")[0] == 1
    assert "hanako" in jimae(tmp_path, "users", "list")[1]
    assert jimae(tmp_path, *delete, typed="HANAKO\n")[0] == 0
    assert "'nobody'" in jimae(tmp_path, "users", "delete", "nobody")[2]
    assert jimae(tmp_path, "groups", "delete", "営業")[0] == 0
    table = jimae(tmp_path, "users", "list")[1]
    assert "taro" in table
    assert "hanako" not in table
    assert jimae(tmp_path, "users", "delete", "taro", "--yes")[0] == 0


def test_only_with_an_administrator_is_it_open_to_others(
    tmp_path: Path, processes: list[Process]
) -> None:
    code, _, said = jimae(tmp_path, "serve", "--host", "0.0.0.0", "--port", "0")  # noqa: S104
    assert code == 1
    assert "jimae users add NAME --role admin" in said
    add = ("users", "add", "yamada", "--role", "admin", "--password-stdin")
    assert jimae(tmp_path, *add, typed=f"{PASSWORD}\n")[0] == 0
    server = Process(tmp_path, delay=0.01, drain=0.5, host="0.0.0.0")  # noqa: S104
    processes.append(server)
    url = server.url.replace("0.0.0.0", "127.0.0.1")  # noqa: S104
    anywhere = {"Host": "chat.example"}
    live = httpx.get(f"{url}/health/live", headers=anywhere, trust_env=False)
    assert live.is_success
    refused = httpx.get(f"{url}/v1/models", headers=anywhere, trust_env=False)
    assert refused.status_code == 401
