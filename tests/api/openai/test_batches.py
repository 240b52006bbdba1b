"""Batches over HTTP: from a file of requests to files of answers, through what may happen."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

import httpx
import openai
import pytest
from openai.types import Batch, CreateEmbeddingResponse
from openai.types.batch_create_params import BatchCreateParams
from openai.types.batch_list_params import BatchListParams
from openai.types.chat import ChatCompletion
from openai.types.completion import Completion
from openai.types.responses import Response
from openai.types.shared import ErrorObject
from pydantic import TypeAdapter

from api.openai.storing import CHAT, begin, client_of, ended, line, upload, written
from fakes.backend import Backends, FakeBackend, Step, done, forever, saying
from fakes.waiting import until
from jimae.api.openai.batches.parameters import CREATE, LIST
from jimae.api.openai.batches.schema import BatchesQuery, BatchRequest
from jimae.api.parameters import working
from jimae.errors import JimaeError, Language
from jimae.service import batch_run, batches
from jimae.service.batch_lines import Outcome
from jimae.service.batch_log import BatchLog
from jimae.settings import Settings
from jimae.types import ChatPrompt, Embedded, GenerateRequest, Started


@pytest.fixture
async def api(stored: Settings, backends: Backends) -> AsyncIterator[openai.AsyncOpenAI]:
    async with client_of(stored, backends.make) as client:
        yield client


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tried again is tried again at once."""
    monkeypatch.setattr(batch_run, "RETRY_SECONDS", 0.01)
    monkeypatch.setattr(batch_run, "STORAGE_SECONDS", 0.01)


def checked(raw: bytes) -> Batch:
    return TypeAdapter(Batch).validate_json(raw, strict=True)


def custom_ids(outcomes: Sequence[dict[str, object]]) -> list[object]:
    return sorted(str(outcome["custom_id"]) for outcome in outcomes)


def body_of(outcome: dict[str, object]) -> object:
    response = outcome["response"]
    assert isinstance(response, dict)
    assert response["request_id"]
    return response["body"]


def is_in(message: str, language: Language) -> bool:
    return any("ぁ" <= character <= "ん" for character in message) == (language == "ja")


def last_words(request: GenerateRequest) -> str:
    assert isinstance(request.prompt, ChatPrompt)
    return "".join(part.text for part in request.prompt.messages[-1].content)


def playing(backend: FakeBackend, **scripts: Sequence[Step]) -> None:
    """Answer by the last words of a request."""

    def choose(request: GenerateRequest) -> Sequence[Step]:
        return scripts.get(last_words(request), backend.default)

    backend.choose = choose  # type: ignore[method-assign]


def test_every_parameter_of_openai_is_decided() -> None:
    assert set(BatchCreateParams.__annotations__) == set(CREATE)
    assert set(BatchListParams.__annotations__) == set(LIST)
    assert working(CREATE) == set(BatchRequest.model_fields)
    assert working(LIST) == set(BatchesQuery.model_fields)


async def test_a_batch_from_its_file_to_its_output(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    file_id = await upload(api, [line(number) for number in range(10)])
    raw = await api.batches.with_raw_response.create(
        input_file_id=file_id,
        endpoint=CHAT,
        completion_window="24h",
        metadata={"部署": "総務"},
        output_expires_after={"anchor": "created_at", "seconds": 3600},
    )
    begun = checked(raw.content)
    assert (begun.status, begun.metadata) == ("validating", {"部署": "総務"})
    await ended(api, begun.id)

    batch = checked((await api.batches.with_raw_response.retrieve(begun.id)).content)
    assert (batch.status, batch.model, batch.errors) == ("completed", "fake", None)
    assert batch.request_counts is not None
    assert batch.request_counts.to_dict() == {"completed": 10, "failed": 0, "total": 10}
    times = (batch.created_at, batch.in_progress_at, batch.finalizing_at, batch.completed_at)
    assert None not in times
    assert list(times) == sorted(times)  # type: ignore[type-var]
    assert batch.expires_at == batch.created_at + 24 * 3600
    assert batch.error_file_id is None
    assert batch.usage is not None
    assert (batch.usage.input_tokens, batch.usage.output_tokens) == (70, 50)

    outcomes = await written(api, batch.output_file_id)
    assert custom_ids(outcomes) == custom_ids([line(number) for number in range(10)])
    for outcome in outcomes:
        answer = TypeAdapter(ChatCompletion).validate_python(body_of(outcome))
        assert answer.choices[0].message.content == "東京です。"
        assert outcome["error"] is None
    output = await api.files.retrieve(str(batch.output_file_id))
    assert (output.purpose, output.filename) == ("batch_output", f"{batch.id}_output.jsonl")
    assert output.expires_at == output.created_at + 3600
    assert {request.principal.priority for request in backend.requests} == {"batch"}


async def test_the_other_endpoints(api: openai.AsyncOpenAI) -> None:
    asked: list[tuple[str, dict[str, object], Callable[[object], str]]] = [
        (
            "/v1/completions",
            {"prompt": "日本の首都は", "echo": True, "max_tokens": 9},
            lambda body: TypeAdapter(Completion).validate_python(body).choices[0].text,
        ),
        (
            "/v1/responses",
            {"input": "日本の首都は?", "store": False},
            lambda body: TypeAdapter(Response).validate_python(body).output_text,
        ),
    ]
    for endpoint, body, text in asked:
        file_id = await upload(api, [line(1, url=endpoint, body={"model": "fake"} | body)])
        batch = await api.batches.create(
            input_file_id=file_id,
            endpoint=endpoint,  # type: ignore[arg-type]
            completion_window="24h",
        )
        batch = await ended(api, batch.id)
        (outcome,) = await written(api, batch.output_file_id)
        assert text(body_of(outcome)).endswith("東京です。")
        assert batch.usage is not None
        assert batch.usage.output_tokens == 5


async def test_embeddings(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    vector = struct.pack("<3f", 1.0, 0.0, 0.0)
    backend.play(Started(7, 0), Embedded(vector), done(0))
    url = "/v1/embeddings"
    file_id = await upload(api, [line(1, url=url, body={"model": "fake", "input": "日本"})])
    batch = await api.batches.create(
        input_file_id=file_id, endpoint="/v1/embeddings", completion_window="24h"
    )
    batch = await ended(api, batch.id)
    (outcome,) = await written(api, batch.output_file_id)
    answer = TypeAdapter(CreateEmbeddingResponse).validate_python(body_of(outcome))
    assert answer.data[0].embedding == [1.0, 0.0, 0.0]
    assert batch.usage is not None
    assert (batch.usage.input_tokens, batch.usage.output_tokens) == (7, 0)


async def test_requests_that_fail_are_in_a_file_of_their_own(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    body = line(0)["body"]
    assert isinstance(body, dict)
    wrong = [
        line(1, body={**body, "temperature": 9}),
        line(2, body={**body, "stream": True}),
        line(3, body={**body, "model": "nothing"}),
        line(4, "壊れる"),
    ]
    playing(backend, 壊れる=[Started(7, 0), RuntimeError("a mistake of ours")])
    batch = await ended(api, (await begin(api, [line(0), *wrong])).id)

    assert batch.status == "completed"
    assert batch.request_counts is not None
    assert (batch.request_counts.completed, batch.request_counts.failed) == (1, 4)
    assert batch.model is None
    assert custom_ids(await written(api, batch.output_file_id)) == ["r0"]
    told = {}
    for outcome in await written(api, batch.error_file_id):
        failed = body_of(outcome)
        assert isinstance(failed, dict)
        response = outcome["response"]
        assert isinstance(response, dict)
        told[outcome["custom_id"]] = (response["status_code"], failed["error"]["code"])
    assert told == {
        "r1": (400, "out_of_range"),
        "r2": (400, "unsupported_parameter"),
        "r3": (404, "model_not_found"),
        "r4": (500, "internal_error"),
    }


async def test_a_file_that_is_wrong_fails_with_its_lines(api: openai.AsyncOpenAI) -> None:
    lines = [line(1), line(1), line(2, url="/v1/completions")]
    batch = await ended(api, (await begin(api, lines)).id)
    batch = checked((await api.batches.with_raw_response.retrieve(batch.id)).content)
    assert batch.status == "failed"
    assert batch.failed_at is not None
    assert batch.errors is not None
    assert batch.errors.data is not None
    told = [(error.line, error.code) for error in batch.errors.data]
    assert told == [(2, "duplicate_custom_id"), (3, "mismatched_url")]
    assert batch.output_file_id is None
    with pytest.raises(openai.ConflictError) as caught:
        await api.batches.cancel(batch.id)
    assert caught.value.code == "batch_ended"


@pytest.mark.parametrize(("asked", "language"), [("ja,en;q=0.5", "ja"), (None, "en")])
async def test_errors_have_the_language_of_who_made_it(
    api: openai.AsyncOpenAI,
    backend: FakeBackend,
    monkeypatch: pytest.MonkeyPatch,
    asked: str | None,
    language: Language,
) -> None:
    refused = line(1, body={"model": "fake", "messages": [], "store": True})
    batch = await ended(api, (await begin(api, [refused], asked)).id)
    (outcome,) = await written(api, batch.error_file_id)
    told = ErrorObject.model_validate(body_of(outcome)["error"])  # type: ignore[index]
    assert is_in(told.message, language)

    batch = await ended(api, (await begin(api, [line(1), line(1)], asked)).id)
    assert batch.errors is not None
    assert batch.errors.data is not None
    assert is_in(str(batch.errors.data[0].message), language)

    monkeypatch.setattr(batches, "WINDOW_SECONDS", 0.5)
    playing(backend, 話して=forever())
    batch = await ended(api, (await begin(api, [line(1, "話して")], asked)).id)
    (outcome,) = await written(api, batch.error_file_id)
    assert outcome["error"]["message"] == JimaeError("batch_expired").message(language)  # type: ignore[index]


async def test_what_cannot_be_begun(api: openai.AsyncOpenAI) -> None:
    note = await api.files.create(file=b"{}", purpose="user_data")
    create = api.batches.create
    with pytest.raises(openai.NotFoundError) as missing:
        await create(input_file_id="file-none", endpoint=CHAT, completion_window="24h")
    assert (missing.value.code, missing.value.param) == ("file_not_found", "input_file_id")
    with pytest.raises(openai.BadRequestError) as wrong:
        await create(input_file_id=note.id, endpoint=CHAT, completion_window="24h")
    assert wrong.value.code == "wrong_purpose"
    with pytest.raises(openai.BadRequestError, match="/v1/chat/completions") as endpoint:
        await create(input_file_id=note.id, endpoint="/v1/videos", completion_window="24h")
    assert endpoint.value.param == "endpoint"
    with pytest.raises(openai.NotFoundError) as unknown:
        await api.batches.retrieve("batch_none")
    assert unknown.value.code == "batch_not_found"


async def test_pages(api: openai.AsyncOpenAI) -> None:
    made = [(await begin(api, [line(1)])).id for _ in range(3)]
    assert [batch.id async for batch in api.batches.list(limit=2)] == made[::-1]
    page = await api.batches.list(after=made[2], limit=1)
    assert ([batch.id for batch in page.data], page.has_more) == ([made[1]], True)
    for batch_id in made:
        await ended(api, batch_id)


async def test_cancelling_frees_the_model_and_keeps_what_was_written(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    playing(backend, 話して=forever())
    begun = await begin(api, [line(0), *(line(number, "話して") for number in range(1, 20))])
    # At most 4 of all lines run at a time, and the one that ends makes room for another.
    await until(lambda: (backend.finished, backend.active) == (1, 4))
    with pytest.raises(openai.ConflictError) as caught:
        await api.files.delete(begun.input_file_id)
    assert caught.value.code == "file_in_use"

    raw = await api.batches.with_raw_response.cancel(begun.id)
    assert checked(raw.content).status == "cancelling"
    batch = await ended(api, begun.id)

    assert backend.active == 0
    assert (batch.status, batch.cancelled_at is not None) == ("cancelled", True)
    assert batch.cancelling_at is not None
    assert batch.request_counts is not None
    assert (batch.request_counts.completed, batch.request_counts.total) == (1, 20)
    assert custom_ids(await written(api, batch.output_file_id)) == ["r0"]
    await api.files.delete(begun.input_file_id)


async def test_a_batch_whose_time_is_up(
    api: openai.AsyncOpenAI, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "WINDOW_SECONDS", 0.5)
    playing(backend, 話して=forever())
    batch = await begin(api, [line(0), line(1, "話して"), line(2, "話して")])
    batch = await ended(api, batch.id)

    assert (batch.status, backend.active) == ("expired", 0)
    assert batch.expired_at is not None
    assert custom_ids(await written(api, batch.output_file_id)) == ["r0"]
    left = await written(api, batch.error_file_id)
    assert custom_ids(left) == ["r1", "r2"]
    for outcome in left:
        assert outcome["response"] is None
        assert isinstance(outcome["error"], dict)
        assert outcome["error"]["code"] == "batch_expired"


async def test_what_passes_is_tried_again(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    full = JimaeError("queue_full", waiting=9, seconds=1, retry_after=0.01)
    died = JimaeError("worker_died", model="fake", reason="signal 9")
    for error in (*[full] * 10, died, died):
        backend.play(error)
    batch = await ended(api, (await begin(api, [line(0)])).id)
    assert custom_ids(await written(api, batch.output_file_id)) == ["r0"]

    for _ in range(batch_run.ATTEMPTS):
        backend.play(died)
    batch = await ended(api, (await begin(api, [line(0)])).id)
    (outcome,) = await written(api, batch.error_file_id)
    assert isinstance(outcome["response"], dict)
    assert outcome["response"]["status_code"] == 503


async def test_limits_are_waited_for(
    api: openai.AsyncOpenAI, backend: FakeBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One answer at a time: lines that come too early are not told as failed."""
    monkeypatch.setattr(batch_run, "LONGEST_WAIT", 0.02)
    limits = f"{str(api.base_url).removesuffix('v1/')}jimae/admin/limits/everybody"
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.put(limits, json={"answers_at_once": 1})).is_success
    backend.default = saying("はい", delay=0.05)
    batch = await ended(api, (await begin(api, [line(number) for number in range(3)])).id)

    assert custom_ids(await written(api, batch.output_file_id)) == ["r0", "r1", "r2"]
    assert batch.error_file_id is None


async def test_a_full_disk_is_waited_for(
    api: openai.AsyncOpenAI, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, refusals = BatchLog.append, [JimaeError("storage_full", place="/srv")] * 5

    def full(log: BatchLog, results: Iterable[Outcome]) -> None:
        if refusals:
            raise refusals.pop()
        append(log, results)

    monkeypatch.setattr(BatchLog, "append", full)
    batch = await ended(api, (await begin(api, [line(number) for number in range(8)])).id)
    assert len(await written(api, batch.output_file_id)) == 8


async def test_a_batch_whose_file_was_lost_fails(stored: Settings, backends: Backends) -> None:
    playing(backends["fake"], 話して=forever())
    async with client_of(stored, backends.make) as api:
        batch = await begin(api, [line(0, "話して")])
        await until(lambda: backends["fake"].active == 1)
    (stored.data_dir / "files" / batch.input_file_id).unlink()
    async with client_of(stored, backends.make) as api:
        batch = await ended(api, batch.id)
        assert batch.status == "failed"
        assert batch.errors is not None
        assert batch.errors.data is not None
        assert batch.errors.data[0].code == "file_not_found"


async def test_a_restart_goes_on_where_it_was(stored: Settings, backends: Backends) -> None:
    backend = backends["fake"]
    playing(backend, 話して=forever())
    lines = [line(0), line(1), line(2, "話して"), line(3, "話して")]
    async with client_of(stored, backends.make) as api:
        batch = await begin(api, lines)
        await until(lambda: (backend.finished, backend.active) == (2, 2))

    playing(backend)
    async with client_of(stored, backends.make) as api:
        batch = await ended(api, batch.id)
        assert (batch.status, len(backend.requests)) == ("completed", 6)
        outcomes = await written(api, batch.output_file_id)
        assert custom_ids(outcomes) == ["r0", "r1", "r2", "r3"]


async def test_all_batches_together_ask_for_so_much_at_once(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    gate = asyncio.Event()
    playing(backend, 待って=[Started(7, 0), gate, done(1)])
    begun = [await begin(api, [line(number, "待って") for number in range(4)]) for _ in range(3)]
    await until(lambda: backend.active == 4)
    for batch in begun:
        async with asyncio.timeout(5):
            while (await api.batches.retrieve(batch.id)).status != "in_progress":
                await asyncio.sleep(0.01)
    assert backend.started == 4
    gate.set()
    assert [(await ended(api, batch.id)).status for batch in begun] == ["completed"] * 3


async def test_batches_take_turns(api: openai.AsyncOpenAI, backend: FakeBackend) -> None:
    """One that came later does not wait for the end of a long one."""
    backend.default = saying("あ", delay=0.01)
    long = await begin(api, [line(number) for number in range(200)])
    short = await ended(api, (await begin(api, [line(1)])).id)
    assert short.status == "completed"
    assert (await api.batches.retrieve(long.id)).status == "in_progress"
    await api.batches.cancel(long.id)
    await ended(api, long.id)


async def test_a_person_does_not_wait_for_a_batch(
    api: openai.AsyncOpenAI, backend: FakeBackend
) -> None:
    """Lines wait for their turn among themselves, so a person's request is not behind them."""
    gate = asyncio.Event()
    playing(backend, 待って=[Started(7, 0), gate, done(1)])
    batch = await begin(api, [line(number, "待って") for number in range(50)])
    await until(lambda: backend.active == 4)
    await api.chat.completions.create(
        model="fake", messages=[{"role": "user", "content": "日本の首都は?"}]
    )
    assert [request.principal.priority for request in backend.requests] == [
        *["batch"] * 4,
        "interactive",
    ]
    gate.set()
    assert (await ended(api, batch.id)).status == "completed"
