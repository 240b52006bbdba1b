"""A table of people as an office has it: CSV from a spreadsheet, with headings in either language.

    サインイン名,表示名,メール,権限,グループ
    hanako,佐藤花子,hanako@example.jp,利用者,総務課、広報委員会

Nothing here knows which accounts there are: that is `importing`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from jimae.errors import JimaeError
from jimae.service.accounts.names import folded
from jimae.service.caller import Role

Field = Literal["name", "display_name", "mail", "role", "groups"]

# As they are compared: folded, without blanks, "-" and "_".
_HEADINGS: Final[Mapping[Field, tuple[str, ...]]] = {
    "name": (
        *("signinname", "signin", "loginname", "login", "loginid", "username", "user", "userid"),
        *("サインイン名", "サインインid", "ログイン名", "ログインid", "ユーザー名", "ユーザ名"),
        *("ユーザーid", "ユーザid", "アカウント", "アカウント名"),
    ),
    "display_name": ("displayname", "shownas", "fullname", "表示名", "氏名", "社員名", "職員名"),
    "mail": ("mail", "email", "mailaddress", "emailaddress", "メール", "メールアドレス"),
    "role": ("role", "権限", "役割"),
    "groups": ("groups", "group", "department", "グループ", "部署", "所属", "部課"),
}
_FIELDS: Final = {heading: field for field, some in _HEADINGS.items() for heading in some}
# What one signs in with where no other column is that, else what is shown.
_EITHER: Final = frozenset(("name", "名前"))
_ROLES: Final[Mapping[str, Role]] = {
    "": "user",
    "user": "user",
    "利用者": "user",
    "一般": "user",
    "manager": "manager",
    "グループ管理者": "manager",
    "admin": "admin",
    "管理者": "admin",
    "auditor": "auditor",
    "監査担当": "auditor",
}
ROLES_TOLD: Final = "user (利用者), manager (グループ管理者), admin (管理者), auditor (監査担当)"
_BETWEEN_GROUPS: Final = re.compile(r"[;；、\n]")
# What Python makes of bytes that CP932 has no character for.
_NO_CHARACTER: Final = frozenset("\x80\xa0\uf8f0\uf8f1\uf8f2\uf8f3")
_BREAKS: Final = re.compile(r"\s*[\r\n]+\s*")


class Row(NamedTuple):
    """Somebody as the table has them; what it leaves empty is empty. `line` is that of the file
    where the row begins, from 1."""

    line: int
    name: str
    display_name: str = ""
    mail: str = ""
    role: str = ""
    groups: tuple[str, ...] = ()


class Sheet(NamedTuple):
    """`headings` are those in use as the file writes them, `unused` the others. `torn` are the
    lines that have more cells than headings."""

    rows: tuple[Row, ...]
    headings: Mapping[Field, str]
    unused: tuple[str, ...] = ()
    torn: tuple[int, ...] = ()


def read(data: bytes, path: str) -> Sheet:
    """The table in a file of UTF-8 or CP932, with commas or tabs.

    Raises `people_file_encoding`, `people_file_quotes`, `people_file_heading`,
    `people_file_heading_twice` and `people_file_empty`, which name `path`.
    """
    lines = _lines(_decoded(data, path), path)
    first = next(lines, None)
    if first is None:
        raise JimaeError("people_file_empty", path=path)
    columns, unused = _columns([cell.strip() for cell in first[1]], path)
    rows: list[Row] = []
    torn: list[int] = []
    for line, cells in lines:
        if len(cells) > len(first[1]) and any(cells[len(first[1]) :]):
            torn.append(line)
            continue
        rows.append(_row(line, cells, columns))
    if not rows and not torn:
        raise JimaeError("people_file_empty", path=path)
    headings = {field: first[1][at].strip() for field, at in columns.items()}
    return Sheet(tuple(rows), headings, unused, tuple(torn))


def role_of(text: str) -> Role | None:
    """The role that a cell names in either language; an empty one is a user's."""
    return _ROLES.get(folded(text))


def _decoded(data: bytes, path: str) -> str:
    # A workbook (.xlsx), and the "Unicode text" of a spreadsheet, are full of NULs.
    if b"\0" not in data:
        for encoding in ("utf-8-sig", "cp932"):
            try:
                text = data.decode(encoding)
            except UnicodeDecodeError:
                continue
            if encoding == "utf-8-sig" or _NO_CHARACTER.isdisjoint(text):
                return text
    raise JimaeError("people_file_encoding", path=path)


def _lines(text: str, path: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Every row that has anything in it, with the number of its first line."""
    first = text.partition("\n")[0]
    delimiter = "\t" if "\t" in first and "," not in first else ","
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        begins = table.line_num + 1
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error:
            raise JimaeError("people_file_quotes", path=path, line=begins) from None
        if any(map(str.strip, cells)):
            yield begins, cells


def _columns(headings: Sequence[str], path: str) -> tuple[dict[Field, int], tuple[str, ...]]:
    """Which column is what, and the headings that are nothing of ours."""
    keys = [re.sub(r"[\s_-]", "", folded(heading)) for heading in headings]
    either: Field = "display_name" if any(_FIELDS.get(key) == "name" for key in keys) else "name"
    columns: dict[Field, int] = {}
    unused: list[str] = []
    for at, key in enumerate(keys):
        field = either if key in _EITHER else _FIELDS.get(key)
        if field is None:
            unused += [headings[at]] if key else []
        elif field in columns:
            raise JimaeError(
                "people_file_heading_twice",
                path=path,
                first=headings[columns[field]],
                second=headings[at],
            )
        else:
            columns[field] = at
    if "name" not in columns:
        found = ", ".join(filter(None, headings))[:200]
        raise JimaeError("people_file_heading", path=path, found=found)
    return columns, tuple(unused)


def _row(line: int, cells: Sequence[str], columns: Mapping[Field, int]) -> Row:
    def cell(field: Field) -> str:
        at = columns.get(field, len(cells))
        return cells[at].strip() if at < len(cells) else ""

    def one_line(field: Field) -> str:
        return _BREAKS.sub(" ", cell(field))

    groups = (part.strip() for part in _BETWEEN_GROUPS.split(cell("groups").replace("\r", "\n")))
    return Row(
        line,
        one_line("name"),
        one_line("display_name"),
        one_line("mail"),
        one_line("role"),
        tuple(dict.fromkeys(filter(None, groups))),
    )
