"""`jimae users import`: accounts for all people of a table."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy.orm import Session

from jimae.cli import user_texts as texts
from jimae.cli.console import language, printable, stderr, words
from jimae.cli.database import DataDir, settings_of, terminal, transact
from jimae.cli.tables import Column, show
from jimae.errors import JimaeError
from jimae.service.accounts import sheet as sheets
from jimae.service.accounts.importing import Done, Refused, Taken, take_in
from jimae.service.accounts.passwords import Passwords, one_time
from jimae.service.accounts.sheet import Field, Sheet
from jimae.service.audit.cells import Encoder

# Work that takes longer than this says so, and how long.
PATIENCE: Final = 2.0
FIELDS: Final[Mapping[Field, str]] = {
    "name": words("name", "サインイン名"),
    "display_name": words("name shown", "表示名"),
    "mail": words("mail", "メール"),
    "role": words("role", "権限"),
    "groups": words("groups", "グループ"),
}


class _Rehearsed(Exception):  # noqa: N818 (it undoes a transaction that went well)
    def __init__(self, taken: Taken) -> None:
        super().__init__()
        self.taken = taken


def import_people(
    file: Annotated[str, typer.Argument(help=texts.PEOPLE_FILE, metavar="FILE")],
    passwords: Annotated[
        Path | None, typer.Option("--passwords", help=texts.PASSWORDS_FILE, show_default=False)
    ] = None,
    update: Annotated[bool, typer.Option("--update", help=texts.UPDATE)] = False,
    make_groups: Annotated[bool, typer.Option("--make-groups", help=texts.MAKE_GROUPS)] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=texts.DRY_RUN)] = False,
    data_dir: DataDir = None,
) -> None:
    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    sheet = sheets.read(data, file)
    settings = settings_of(data_dir)
    if passwords is not None and passwords.exists():
        raise JimaeError("people_passwords_there", path=str(passwords))

    _tell_unused(sheet)

    def take(session: Session, hashes: Mapping[int, str] | None = None) -> Taken:
        return take_in(
            session, terminal(), sheet, update=update, make_groups=make_groups, hashes=hashes
        )

    def rehearse(session: Session) -> Taken:
        raise _Rehearsed(take(session))

    with _told(file):
        try:
            planned = transact(settings, rehearse)
        except _Rehearsed as rehearsed:
            planned = rehearsed.taken
    if dry_run:
        _show_plan(planned)
        return
    new = [one for one in planned.done if one.act == "make"]
    made = [one_time() for _ in new]
    hashes = _hashed(made, Passwords(settings.accounts.password_length))
    by_line = {one.row.line: hashed for one, hashed in zip(new, hashes, strict=True)}
    listed = _listed(new, made)
    with _told(file), kept(passwords, listed if new else None):
        taken = transact(settings, lambda session: take(session, by_line))
    if passwords is None and new:
        sys.stdout.buffer.write(listed)
        sys.stdout.buffer.flush()
    _tell(taken, passwords)


@contextmanager
def _told(file: str) -> Iterator[None]:
    """Every line that is wrong, and then that nothing was done. Raises `people_file_wrong`."""
    try:
        yield
    except Refused as refused:
        for line, error in refused.wrong:
            place = words(f"line {line}: ", f"{line} 行目: ")
            said = printable(error.whole(language()))
            stderr.print(place + said, markup=False, soft_wrap=True)
        count = len(refused.wrong)
        raise JimaeError("people_file_wrong", path=file, count=count) from None


def _hashed(made: Sequence[str], passwords: Passwords) -> list[str]:
    """The hashes of new passwords. Each takes a tenth of a second on purpose."""
    if not made:
        return []
    begun = time.monotonic()
    first = passwords.hash_now(made[0])
    seconds = (time.monotonic() - begun) * len(made)
    if seconds < PATIENCE:
        return [first, *map(passwords.hash_now, made[1:])]
    what = words(f"Making {len(made)} passwords", f"{len(made)} 人のパスワードを作っています")
    if not stderr.is_terminal:
        about = words(f", about {seconds:.0f} s", f"（約 {seconds:.0f} 秒）")
        stderr.print(what + about, markup=False)
        return [first, *map(passwords.hash_now, made[1:])]
    from rich.progress import track

    rest = track(made[1:], what, console=stderr, total=len(made) - 1, transient=True)
    return [first, *map(passwords.hash_now, rest)]


@contextmanager
def kept(path: Path | None, listed: bytes | None) -> Iterator[None]:
    """Passwords in a file of the one who runs this, before the accounts are there: without the
    file nobody could sign in. It goes again if there are none in the end.

    Raises `people_passwords_there` and OSError.
    """
    if path is None or listed is None:
        yield
        return
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise JimaeError("people_passwords_there", path=str(path)) from None
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(listed)
            out.flush()
            os.fsync(out.fileno())
        yield
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _listed(new: Sequence[Done], made: Sequence[str]) -> bytes:
    """CSV with a heading, as spreadsheets open it."""
    out = Encoder("utf-8")
    lines = [
        [
            words("name", "サインイン名"),
            words("display_name", "表示名"),
            words("password", "初回パスワード"),
        ],
        *(
            [one.name, one.row.display_name or one.row.name, password]
            for one, password in zip(new, made, strict=True)
        ),
    ]
    return out.start + b"".join(map(out.line, lines))


def _tell_unused(sheet: Sheet) -> None:
    if sheet.unused:
        names = ", ".join(map(printable, sheet.unused))
        stderr.print(
            words(f"Columns that are not used: {names}", f"使わない列: {names}"),
            markup=False,
            soft_wrap=True,
        )


def _show_plan(taken: Taken) -> None:
    acts = {
        "make": words("make", "作成"),
        "change": words("change", "変更"),
        "same": words("nothing", "変更なし"),
    }
    columns = (
        Column(words("Name", "名前"), whole=True),
        Column(words("Line", "行"), right=True),
        Column(words("What", "内容"), whole=True),
        Column(words("Shown as", "表示名")),
        Column(words("Role", "権限"), whole=True),
        Column(words("Changed", "変わる項目")),
        Column(words("Joins", "加わるグループ")),
    )
    rows = [
        (
            one.name,
            str(one.row.line),
            acts[one.act],
            one.row.display_name,
            (sheets.role_of(one.row.role) or "") if one.row.role or one.act == "make" else "",
            ", ".join(FIELDS[field] for field in one.changed),
            ", ".join(one.joined),
        )
        for one in taken.done
    ]
    show(columns, rows)
    _tell_counts(taken)
    stderr.print(words("Nothing was changed (--dry-run).", "何も変更していません（--dry-run）。"))


def _tell(taken: Taken, passwords: Path | None) -> None:
    _tell_counts(taken)
    if not any(one.act == "make" for one in taken.done):
        return
    place = words("above", "上") if passwords is None else str(passwords)
    stderr.print(
        words(
            f"Passwords for the first sign-in: {place}. They are not shown again.",
            f"最初のサインイン用のパスワード: {place}。二度と表示されません。",
        ),
        markup=False,
        soft_wrap=True,
    )


def _tell_counts(taken: Taken) -> None:
    made, changed, same = (
        sum(one.act == act for one in taken.done) for act in ("make", "change", "same")
    )
    if taken.groups:
        names = ", ".join(map(printable, taken.groups))
        told = words(f"New groups: {names}", f"新しいグループ: {names}")
        stderr.print(told, markup=False, soft_wrap=True)
    stderr.print(
        words(
            f"{made} made, {changed} changed, {same} as they were.",
            f"作成 {made} 人、変更 {changed} 人、変更なし {same} 人。",
        )
    )
