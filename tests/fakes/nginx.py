"""A real nginx before a server: Debian's, on loopback, with its defaults.

`/` passes on; `/tools/chat/` gives the server a folder, and says who asked; `/gzip/` compresses
on the way, which holds back what has no flush behind it; `/held/` does the same and does not
hear that the server asks for one.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from fakes.serving import Served
from lib import debian

START_SECONDS: Final = 10

CONFIGURATION: Final = """\
{user}
daemon off;
worker_processes 1;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://{host};
        }}
        location /tools/chat/ {{
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Prefix /tools/chat;
            proxy_pass http://{host}/;
        }}
        location /gzip/ {{
            gzip on;
            gzip_types *;
            proxy_pass http://{host}/;
        }}
        location /held/ {{
            gzip on;
            gzip_types *;
            proxy_ignore_headers X-Accel-Buffering;
            proxy_pass http://{host}/;
        }}
    }}
}}
"""


@asynccontextmanager
async def nginx(folder: Path, behind: Served) -> AsyncIterator[Served]:
    """The address of an nginx before `behind`, until the end of the block."""
    program = debian.nginx()
    assert program is not None, "scripts/setup --test gets nginx"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    file = folder / "nginx.conf"
    file.write_text(
        CONFIGURATION.format(
            # Its workers would leave root's folder for an account that may not read it.
            user="user root;" if os.geteuid() == 0 else "",
            folder=folder,
            port=port,
            host=f"{behind.host}:{behind.port}",
        )
    )
    log = folder / "error.log"
    process = await asyncio.create_subprocess_exec(
        program,
        *("-p", str(folder), "-c", str(file), "-e", str(log)),
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _listening(process, port, log)
        yield Served("127.0.0.1", port)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _listening(process: asyncio.subprocess.Process, port: int, log: Path) -> None:
    async with asyncio.timeout(START_SECONDS):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.01)
                continue
            writer.close()
            await writer.wait_closed()
            return
    raise AssertionError(f"nginx ended: see {log}")
