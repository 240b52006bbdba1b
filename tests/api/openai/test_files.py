"""Files over HTTP: the official client, and forms that are wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import openai
import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from openai.types import FileDeleted, FileObject
from openai.types.file_create_params import FileCreateParams
from openai.types.file_list_params import FileListParams
from pydantic import TypeAdapter

from api.openai.storing import client_of
from fakes.backend import Backends
from jimae.api.openai.files.form import plain_name, read_form
from jimae.api.openai.files.parameters import LIST, UPLOAD
from jimae.api.openai.files.schema import FileForm, FilesQuery
from jimae.api.parameters import working
from jimae.errors import JimaeError
from jimae.settings import FilesSettings, Settings

CONTENT = "日本語\r\n--boundary\0".encode() * 1000


@pytest.fixture
async def api(stored: Settings, backends: Backends) -> AsyncIterator[openai.AsyncOpenAI]:
    small = stored.model_copy(update={"files": FilesSettings(max_mb=0.5)})
    async with client_of(small, backends.make) as client:
        yield client


def test_every_parameter_of_openai_is_decided() -> None:
    assert set(FileCreateParams.__annotations__) == set(UPLOAD)
    assert set(FileListParams.__annotations__) == set(LIST)
    assert working(UPLOAD) == set(FileForm.model_fields)
    assert working(LIST) == set(FilesQuery.model_fields)


async def test_a_file_from_its_upload_to_its_end(api: openai.AsyncOpenAI, stored: Settings) -> None:
    raw = await api.files.with_raw_response.create(
        file=("C:\\書類\\表.txt", CONTENT), purpose="user_data"
    )
    file = TypeAdapter(FileObject).validate_json(raw.content, strict=True)
    assert (file.filename, file.bytes, file.purpose) == ("表.txt", len(CONTENT), "user_data")
    assert file.expires_at is None
    blob = stored.data_dir / "files" / file.id
    assert blob.read_bytes() == CONTENT
    assert (blob.stat().st_mode & 0o777, blob.parent.stat().st_mode & 0o777) == (0o600, 0o700)

    again = await api.files.with_raw_response.retrieve(file.id)
    assert TypeAdapter(FileObject).validate_json(again.content, strict=True) == file
    assert [one async for one in api.files.list()] == [file]
    content = await api.files.content(file.id)
    assert content.content == CONTENT
    assert content.response.headers["content-disposition"].startswith("attachment")

    gone = await api.files.with_raw_response.delete(file.id)
    assert TypeAdapter(FileDeleted).validate_json(gone.content, strict=True).deleted
    assert not blob.exists()
    for call in (api.files.retrieve, api.files.content, api.files.delete):
        with pytest.raises(openai.NotFoundError) as caught:
            await call(file.id)
        assert caught.value.code == "file_not_found"


async def test_pages(api: openai.AsyncOpenAI) -> None:
    made = [
        (await api.files.create(file=(f"{number}", b"a"), purpose=purpose)).id
        for number, purpose in enumerate(("batch", "user_data", "assistants", "batch"))
    ]
    assert [file.id async for file in api.files.list(limit=1)] == made[::-1]
    assert [file.id async for file in api.files.list(limit=3, order="asc")] == made
    assert [file.id async for file in api.files.list(purpose="batch")] == [made[3], made[0]]
    page = await api.files.list(after=made[2], limit=1)
    assert ([file.id for file in page.data], page.has_more) == ([made[1]], True)
    with pytest.raises(openai.NotFoundError) as caught:
        await api.files.list(after="file-none")
    assert caught.value.param == "after"
    for wrong in ({"limit": 0}, {"limit": "many"}, {"order": "up"}, {"page": 1}):
        with pytest.raises(openai.BadRequestError) as refused:
            await api.files.list(extra_query=wrong)
        assert refused.value.param == next(iter(wrong))


async def test_how_long_a_file_is_kept(api: openai.AsyncOpenAI) -> None:
    kept = await api.files.create(
        file=b"a", purpose="assistants", expires_after={"anchor": "created_at", "seconds": 3600}
    )
    assert kept.expires_at is not None
    assert kept.expires_at - kept.created_at == 3600
    batch = await api.files.create(file=b"a", purpose="batch")
    assert batch.expires_at is not None
    assert batch.expires_at - batch.created_at == 30 * 24 * 3600


async def test_what_is_refused_leaves_nothing(api: openai.AsyncOpenAI, stored: Settings) -> None:
    with pytest.raises(openai.BadRequestError, match="batch") as caught:
        await api.files.create(file=CONTENT, purpose="fine-tune")
    assert (caught.value.code, caught.value.param) == ("invalid_choice", "purpose")
    with pytest.raises(openai.BadRequestError) as short:
        await api.files.create(
            file=b"a", purpose="batch", expires_after={"anchor": "created_at", "seconds": 1}
        )
    assert short.value.param == "expires_after.seconds"
    with pytest.raises(openai.APIStatusError) as large:
        await api.files.create(file=b"a" * 600_000, purpose="batch")
    assert (large.value.status_code, large.value.code) == (413, "file_too_large")
    assert list((stored.data_dir / "files").iterdir()) == []


FORM = "multipart/form-data; boundary=b"
PURPOSE = b'--b\r\nContent-Disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
FILE = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nA\r\n'
WRONG = [
    ("application/json", b"{}", "invalid_multipart"),
    ("multipart/form-data", b"", "invalid_multipart"),
    (FORM, b"", "invalid_multipart"),
    (FORM, FILE + PURPOSE, "invalid_multipart"),
    (FORM, FILE + FILE + PURPOSE + b"--b--\r\n", "invalid_multipart"),
    (FORM, PURPOSE + PURPOSE + b"--b--\r\n", "invalid_multipart"),
    (FORM, PURPOSE.replace(b"batch", b"\xff") + b"--b--\r\n", "invalid_multipart"),
    (FORM, PURPOSE.replace(b"batch", b"b" * 2000) + b"--b--\r\n", "invalid_multipart"),
    (FORM, PURPOSE.replace(b'e"', b'e[a]"') + FILE + PURPOSE + b"--b--\r\n", "invalid_multipart"),
    (FORM, PURPOSE + b"--b--\r\n", "missing_parameter"),
    (FORM, FILE + b"--b--\r\n", "missing_parameter"),
    (FORM, FILE.replace(b'"file"', b'"flie"') + PURPOSE + b"--b--\r\n", "unknown_parameter"),
    (FORM, b"\0" * 5000, "invalid_multipart"),
]


@pytest.mark.parametrize(("media_type", "body", "code"), WRONG)
async def test_forms_that_are_wrong(
    client: httpx.AsyncClient, settings: Settings, media_type: str, body: bytes, code: str
) -> None:
    sent = await client.post("/v1/files", content=body, headers={"Content-Type": media_type})
    assert (sent.status_code, sent.json()["error"]["code"]) == (400, code)
    assert list((settings.data_dir / "files").iterdir()) == []


async def test_a_file_before_its_purpose(client: httpx.AsyncClient) -> None:
    sent = await client.post(
        "/v1/files", content=FILE + PURPOSE + b"--b--\r\n", headers={"Content-Type": FORM}
    )
    assert (sent.status_code, sent.json()["bytes"]) == (200, 1)


@given(
    content=st.binary(max_size=60) | st.sampled_from([b"\r\n--b", b"\r\n--", b"--b--\r", b""]),
    step=st.integers(1, 200),
)
def test_content_comes_through_at_every_split(content: bytes, step: int) -> None:
    if b"\r\n--b" in content:
        content = content.replace(b"b", b"c")
    body = PURPOSE + FILE.replace(b"A\r\n", content + b"\r\n") + b"--b--\r\n"
    chunks = [body[start : start + step] for start in range(0, len(body), step)]
    got = bytearray()

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def write(data: bytes) -> None:
        got.extend(data)

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", FORM.encode())]}
    fields = asyncio.run(read_form(Request(scope, receive), write, 1))  # type: ignore[arg-type]
    assert fields == {"purpose": "batch", "file": "a"}
    assert bytes(got) == content


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("a/b.txt", "b.txt"),
        ("..\\..\\b", "b"),
        ("a\r\nb", "ab"),
        ("/", "file"),
        ("あ" * 300, "あ" * 255),
    ],
)
def test_names(given_name: str, kept: str) -> None:
    assert plain_name(given_name) == kept


async def test_a_full_disk_is_told_of_and_leaves_nothing(
    client: httpx.AsyncClient,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("jimae.store.blobs.os.fsync", full)
        patch.setattr("jimae.store.blobs.sync", lambda _: None)
        sent = await client.post("/v1/files", files={"file": b"a"}, data={"purpose": "batch"})
    assert (sent.status_code, sent.json()["error"]["code"]) == (507, "storage_full")
    # Where that is, is for who makes room there.
    assert str(settings.data_dir) not in sent.text
    assert str(settings.data_dir / "files") in caplog.text
    assert list((settings.data_dir / "files").iterdir()) == []
    sent = await client.post("/v1/files", files={"file": b"a"}, data={"purpose": "batch"})
    assert sent.status_code == 200


def test_a_size_that_is_declared_too_large_is_refused_at_once() -> None:
    headers = [(b"content-type", FORM.encode()), (b"content-length", b"999999999")]

    async def nothing(*_: object) -> dict[str, object]:
        raise AssertionError

    request = Request({"type": "http", "headers": headers}, nothing)  # type: ignore[arg-type]
    with pytest.raises(JimaeError, match="larger"):
        asyncio.run(read_form(request, nothing, 1))  # type: ignore[arg-type]
