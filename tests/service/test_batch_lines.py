"""Lines of batches: where they are in a file, what is wrong with one, what an answer used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.service.batch_lines import MOST_PROBLEMS, judge, parsed, read, spans, used

URL = "/v1/chat/completions"


def text(custom_id: object = "a", **changes: object) -> bytes:
    line = {"custom_id": custom_id, "method": "POST", "url": URL, "body": {"model": "m"}}
    return json.dumps(line | changes, ensure_ascii=False).encode()


def codes(path: Path, content: bytes, *, most: int = 10, longest: int = 500) -> list[object]:
    path.write_bytes(content)
    found = judge(path, URL, most=most, longest=longest)
    return [(problem["line"], problem["code"]) for problem in found.problems]


WRONG = [
    (b"", [(None, "batch_empty")]),
    (b" \n\r\n\n", [(None, "batch_empty")]),
    (text() + b"\nnot json\n", [(2, "invalid_json_line")]),
    (text() + b"\n" + text()[:-1], [(2, "invalid_json_line")]),
    (text() + b"\n\n" + text() + b"\n", [(3, "duplicate_custom_id")]),
    (b"[1]", [(1, "invalid_batch_line")]),
    (text(url="/v1/completions"), [(1, "mismatched_url")]),
    (text(method="GET"), [(1, "invalid_batch_line")]),
    (text(custom_id=""), [(1, "invalid_batch_line")]),
    (text(custom_id=7), [(1, "invalid_batch_line")]),
    (text(body="{}"), [(1, "invalid_batch_line")]),
    (text(body={}), [(1, "invalid_batch_line")]),
    (text(body={"model": "\0"}), [(1, "invalid_batch_line")]),
    (text(body={"model": "m" * 257}), [(1, "invalid_batch_line")]),
    (b'{"body":' + b"[" * 100_000, [(1, "batch_line_too_long")]),
    (b"\xff", [(1, "invalid_json_line")]),
    (text(pad="a" * 600) + b"\n" + text(), [(1, "batch_line_too_long")]),
    (b"\n".join(map(text, "abcdefghijkl")), [(11, "batch_too_long")]),
]


@pytest.mark.parametrize(("content", "problems"), WRONG)
def test_what_is_wrong_with_a_file(tmp_path: Path, content: bytes, problems: object) -> None:
    assert codes(tmp_path / "in", content) == problems


def test_deep_nesting_is_an_error_of_its_line(tmp_path: Path) -> None:
    deep = b'{"x":' + b"[" * 100_000
    assert codes(tmp_path / "in", deep, longest=10**6) == [(1, "invalid_json_line")]


def test_not_every_line_of_a_wrong_file_is_told_of(tmp_path: Path) -> None:
    assert len(codes(tmp_path / "in", b"x\n" * 1000, most=1000)) == MOST_PROBLEMS


@pytest.mark.parametrize(("models", "told"), [(("m", "m"), "m"), (("m", "n"), None)])
def test_a_right_file(tmp_path: Path, models: tuple[str, ...], told: str | None) -> None:
    path = tmp_path / "in"
    lines = [text(str(n), body={"model": model}) for n, model in enumerate(models)]
    # As editors on Windows write it.
    path.write_bytes(b"\xef\xbb\xbf" + b"\r\n".join(lines))
    found = judge(path, URL, most=10, longest=500)
    assert (found.total, found.model, found.problems) == (2, told, [])
    assert [parsed(read(path, span)).custom_id for span in spans(path, 500)] == ["0", "1"]


@given(
    lines=st.lists(st.binary(max_size=12).map(lambda b: b.replace(b"\n", b"")), max_size=12),
    end=st.sampled_from([b"", b"\n"]),
    longest=st.integers(1, 12),
)
def test_every_line_is_found_where_it_is(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], end: bytes, longest: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines"
    content = b"\n".join(lines) + end
    path.write_bytes(content)
    found = [(span.number, content[span.start :][: span.length]) for span in spans(path, longest)]
    whole = content.split(b"\n")
    wanted = [(number, one) for number, one in enumerate(whole, start=1) if one.strip()]
    assert [(number, one.removesuffix(b"\n")) for number, one in found] == wanted


def test_usage_in_every_endpoint_s_words() -> None:
    chat = {"prompt_tokens": 3, "completion_tokens": 5, "prompt_tokens_details": None}
    response = {
        "input_tokens": 3,
        "input_tokens_details": {"cached_tokens": 2},
        "output_tokens": 5,
        "output_tokens_details": {"reasoning_tokens": 4},
    }
    assert list(used({"usage": chat}).values()) == [3, 0, 5, 0]
    assert list(used({"usage": response}).values()) == [3, 2, 5, 4]
    assert list(used({"error": {}}).values()) == [0, 0, 0, 0]
