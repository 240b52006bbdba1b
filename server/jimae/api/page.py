"""The web page: the files that its build left, and a word when there are none."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import jimae

POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "object-src 'none'",
    )
)
# Draws diagrams in a frame of the page: without an origin, and able to load nothing but its
# own scripts. What they write has styles, which the page's own policy forbids.
DIAGRAM: Final = "/diagrams/diagram.html"
DIAGRAM_POLICY: Final = "; ".join(
    (
        "sandbox allow-scripts",
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'unsafe-inline'",
        "frame-ancestors 'self'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
INDEX: Final = "index.html"
HASHED: Final = "assets/"
API: Final = ("v1", "api", "health", "jimae", "scim")

NOT_BUILT: Final = """<!doctype html>
<html lang="ja">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>jimae</title>
<h1>jimae</h1>
<p>サーバーは動いていますが、チャット画面がまだ作られていません。
作るには、リポジトリーで次のコマンドを実行し、このページを再読み込みしてください。</p>
<pre>cd webui &amp;&amp; npm ci &amp;&amp; npm run build</pre>
<p>API は <code>/v1</code> で使えます。端末からは <code>jimae chat</code> で話せます。</p>
<hr>
<div lang="en">
<p>The server is running, but its chat page has not been built yet.
To build it, run this in the repository, then reload this page.</p>
<pre>cd webui &amp;&amp; npm ci &amp;&amp; npm run build</pre>
<p>The API is at <code>/v1</code>. <code>jimae chat</code> talks to it from a terminal.</p>
</div>
</html>
"""


def page_directory() -> Path:
    """Where the built page is: in an installed package, or in a checkout."""
    package = Path(jimae.__file__).parent
    installed = package / "_webui"
    return installed if installed.is_dir() else package.parents[1] / "webui" / "dist"


class Page(StaticFiles):
    """The files of the page under `/`."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, html=True, check_dir=False)
        self._index = directory / INDEX

    async def check_config(self) -> None:
        """The page may be built after the server has started."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        # Whatever no route took comes by here.
        if scope["method"] not in ("GET", "HEAD") or path.partition("/")[0] in API:
            raise HTTPException(404)
        if path in (".", INDEX) and not self._index.is_file():
            return HTMLResponse(NOT_BUILT, headers={"Cache-Control": "no-cache"})
        response = await super().get_response(path, scope)
        lasting = path.startswith(HASHED) and response.status_code == 200
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if lasting else "no-cache"
        )
        return response


class SecurityHeaders:
    """ASGI middleware that puts them on every response, so that none is forgotten."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY_HEADERS)
                if scope["path"] == DIAGRAM:
                    headers["Content-Security-Policy"] = DIAGRAM_POLICY
            await send(message)

        await self._app(scope, receive, with_headers)
