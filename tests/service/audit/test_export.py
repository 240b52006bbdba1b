"""Exports: JSON lines that prove themselves, and tables that nobody can forge a line of."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jimae.errors import JimaeError
from jimae.service.audit.audit import Audit
from jimae.service.audit.cells import BOM, Encoder, cell, visible
from jimae.service.audit.proof import Report
from jimae.service.audit.record import note
from jimae.service.audit.search import Wanted
from jimae.service.audit.signing import Signer, signer_of
from jimae.service.audit.verifying_export import verify_export
from jimae.service.caller import Caller
from jimae.store.store import Store
from service.audit.test_record import records
from service.audit.test_search import AUDITOR, TERMINAL, ask, fill

ROUNDS = 60


async def text_of(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def exported(audit: Audit, content: bool = True, **wanted: object) -> list[str]:
    which = Wanted(**wanted)  # type: ignore[arg-type]
    pieces = await audit.export(AUDITOR, which, form="jsonl", with_content=content)
    return (await text_of(pieces)).decode().splitlines()


def kinds(lines: list[str]) -> list[str]:
    return [json.loads(line)["type"] for line in lines]


def proved(report: Report) -> tuple[bool, int, int, int]:
    return report.ok, report.records, report.left_out, report.signed


async def test_an_export_proves_itself(store: Store, audit: Audit) -> None:
    await fill(store)
    lines = await exported(audit)
    report = verify_export(lines, [audit.signer.public])
    # The export itself is the seventh record.
    assert proved(report) == (True, 7, 0, 7)
    assert (report.contents, report.keys) == (4, [audit.signer.public])
    assert kinds(lines) == ["header", *["record"] * 7, "checkpoint", "end"]
    assert json.loads(lines[1])["content"]["value"] == {
        "prompts": [{"type": "raw", "text": "午後の会議の案内を書いて"}]
    }


async def test_a_part_proves_itself_and_tells_nothing_of_the_rest(
    store: Store, audit: Audit
) -> None:
    await fill(store)
    await audit.checkpoint()
    lines = await exported(audit, content=False, account="acc-2", act="answer.")
    report = verify_export(lines, [audit.signer.public])
    assert proved(report) == (True, 2, 2, 6)
    assert kinds(lines)[1:] == ["record"] * 2 + ["left_out"] * 2 + ["checkpoint", "end"]
    assert set(json.loads(lines[3])) == {"type", "seq", "digest"}
    assert not any("午後" in line or "請求" in line for line in lines)


async def test_nothing_is_an_export_too(audit: Audit) -> None:
    lines = await exported(audit, account="nobody")
    assert kinds(lines) == ["header", "end"]
    assert verify_export(lines).ok


async def test_what_is_changed_in_an_export_is_found(store: Store, audit: Audit) -> None:
    """Any line taken out, put in twice, swapped, or changed by one character."""
    await fill(store)
    whole = await exported(audit)
    keys = [audit.signer.public]
    assert verify_export(whole, keys).ok
    chance = random.Random(7)  # noqa: S311
    for turn in range(ROUNDS):
        lines = list(whole)
        at = chance.randrange(len(lines))
        harm = ("take out", "repeat", "swap", "change", "cut")[turn % 5]
        match harm:
            case "take out":
                del lines[at]
            case "repeat":
                lines.insert(at, lines[at])
            case "swap":
                other = chance.choice([n for n in range(len(lines)) if n != at])
                lines[at], lines[other] = lines[other], lines[at]
            case "change":
                # What the header tells besides its place proves nothing.
                at = chance.randrange(1, len(lines))
                column = chance.randrange(len(lines[at]))
                new = chr(ord(lines[at][column]) ^ 1)
                lines[at] = lines[at][:column] + new + lines[at][column + 1 :]
            case "cut":
                lines = lines[:at]
        signed = whole[-2]
        if signed in lines and [one for one in lines if one != signed] == [
            one for one in whole if one != signed
        ]:
            continue  # a checkpoint says the same wherever it stands
        assert not is_proved(lines, keys), f"{harm} line {at}"


async def test_a_content_under_another_name_is_found(store: Store, audit: Audit) -> None:
    await fill(store)
    lines = await exported(audit)
    at = next(n for n, line in enumerate(lines) if '"content":{' in line)
    lines[at] = lines[at].replace('"content":{', '"bontent":{')
    report = verify_export(lines)
    assert ("unreadable", "it has an unknown 'bontent'") in [
        (one.kind, one.detail) for one in report.breaks
    ]


async def test_a_stranger_cannot_sign(store: Store, audit: Audit, tmp_path: Path) -> None:
    await fill(store)
    lines = await exported(audit)
    stranger: Signer = signer_of(tmp_path / "elsewhere")
    told = json.loads(lines[-2])
    del told["signature"], told["key"]
    lines[-2] = json.dumps(stranger.signed(told))
    assert verify_export(lines).ok, "by itself it only tells whose signature it is"
    report = verify_export(lines, [audit.signer.public])
    assert {one.kind for one in report.breaks} == {"stranger", "incomplete"}


def is_proved(lines: list[str], keys: list[str]) -> bool:
    try:
        return verify_export(lines, keys).ok
    except JimaeError:
        return False


def test_what_is_no_export_is_refused() -> None:
    for lines in (
        [],
        ["{}"],
        ["a"],
        ['{"type":"header"}'],
        ['{"type":"end"}', '{"type":"header"}'],
    ):
        with pytest.raises(JimaeError) as caught:
            verify_export(lines)
        assert caught.value.code == "audit_no_export"


# --- tables ------------------------------------------------------------------------------------


async def table(audit: Audit, encoding: str = "utf-8") -> bytes:
    return await text_of(
        await audit.export(
            AUDITOR,
            Wanted(),
            form="csv",
            encoding=encoding,  # type: ignore[arg-type]
            with_content=True,
        )
    )


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
async def test_a_table_has_a_line_for_each_record(
    store: Store, audit: Audit, encoding: str
) -> None:
    await fill(store)
    made = await table(audit, encoding)
    assert made.startswith(BOM) == (encoding == "utf-8")
    rows = list(csv.DictReader(io.StringIO(made.removeprefix(BOM).decode(encoding), newline="")))
    assert [row["seq"] for row in rows] == [str(n) for n in range(1, 8)]
    first, fourth = rows[0], rows[3]
    assert (first["account"], first["group"], first["purpose"]) == ("花子", "総務課", "文書")
    assert first["content"] == "午後の会議の案内を書いて"
    assert (fourth["model"], fourth["finish_reasons"]) == ("llama", '["stop"]')
    assert fourth["begin"] == rows[2]["id"]
    assert first["time_jst"].endswith("+09:00")
    assert rows[6]["act"] == "audit.export"


async def test_nobody_forges_a_line(store: Store, audit: Audit) -> None:
    hostile = 'x\r\n"999","aud-forged"\n\u202e\u2028\0=HYPERLINK("http://x")'
    who = Caller(id="acc-1", name=hostile, via="key", address=hostile)
    await ask(store, who, hostile, "=cmd|' /C calc'!A1")
    await store.write(lambda s: note(s, who, "user.create", target="+1"))
    for encoding in ("utf-8", "cp932"):
        made = (await table(audit, encoding)).removeprefix(BOM).decode(encoding)
        rows = list(csv.reader(io.StringIO(made, newline="")))
        told = len(await records(store)) + 1
        assert len(rows) == made.count("\r\n") == made.count("\n") == told
        assert {len(row) for row in rows} == {len(rows[0])}
        cells = [value for row in rows for value in row]
        assert not [
            c for c in cells if c.lstrip(" '").startswith(("=", "+", "-", "@")) and c[0] != "'"
        ]
        assert not {"\0", "\u202e", "\u2028"} & set(made)
        assert rows[1][rows[0].index("account")].startswith(r"x\r\n")


async def test_what_cp932_does_not_have_is_seen_and_counted(store: Store, audit: Audit) -> None:
    await ask(store, TERMINAL, "①㈱髙﨑〜− 😀 𠮷 한", "はい")
    made = (await table(audit, "cp932")).decode("cp932")
    rows = list(csv.reader(io.StringIO(made, newline="")))
    assert rows[1][rows[0].index("content")] == "①㈱髙﨑～－ 〓 〓 〓"
    assert rows[-1] == ["3 characters are not in cp932 and stand here as 〓"]
    whole = (await table(audit)).decode()
    assert "😀 𠮷 한" in whole


@given(st.text(st.characters(codec=None), max_size=40), st.sampled_from(["utf-8", "cp932"]))
def test_any_text_is_one_cell_of_one_line(text: str, encoding: str) -> None:
    line = Encoder(encoding).line([text, "b"]).decode(encoding)  # type: ignore[arg-type]
    assert line.endswith("\r\n")
    assert len(line.splitlines()) == 1
    (row,) = csv.reader([line])
    assert row[1:] == ["b"]
    assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"))


@given(st.text(max_size=40))
def test_what_is_written_out_can_be_read_back(text: str) -> None:
    named = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\"}
    back = re.sub(
        r"\\(u[0-9a-f]{4}|[nrt\\])",
        lambda one: named.get(one[1]) or chr(int(one[1][1:], 16)),
        visible(text),
    )
    assert back == text
    assert cell(text).count('"') % 2 == 0
