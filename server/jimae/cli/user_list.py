"""What `jimae users list` shows of people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jimae.cli.console import words
from jimae.cli.tables import Column, show
from jimae.service.accounts.listing import Listed
from jimae.store.account_tables import Account


def show_people(found: Sequence[Listed], zone: ZoneInfo) -> None:
    """As a table for people; times are those of the server's zone."""
    columns = (
        Column(words("Name", "名前"), whole=True),
        Column(words("Shown as", "表示名")),
        Column(words("Role", "権限"), whole=True),
        Column(words("Groups", "グループ")),
        Column(words("From", "登録元")),
        Column(words("Last seen", "最終利用"), whole=True),
        Column(words("State", "状態"), whole=True),
    )
    show(columns, [_cells(one, zone) for one in found])


def told(listed: Listed) -> dict[str, Any]:
    """Somebody as `--json` has them."""
    account, joined, locked_until = listed
    return {
        "id": account.id,
        "name": account.name,
        "display_name": account.display_name,
        "mail": account.mail,
        "role": account.role,
        "source": account.source,
        "disabled": account.disabled_at is not None,
        "locked_until": locked_until,
        "created_at": account.created_at,
        "last_sign_in_at": account.last_sign_in_at,
        "last_seen_at": account.last_seen_at,
        "groups": [
            {"id": group.id, "name": group.name, "manages": group.manages} for group in joined
        ],
    }


def _cells(listed: Listed, zone: ZoneInfo) -> Sequence[str]:
    account, joined, locked_until = listed
    seen = account.last_seen_at
    return (
        account.name,
        account.display_name,
        account.role,
        ", ".join(group.name + (" *" if group.manages else "") for group in joined),
        account.source,
        "-" if seen is None else datetime.fromtimestamp(seen, zone).strftime("%Y-%m-%d %H:%M"),
        _state(account, locked_until),
    )


def _state(account: Account, locked_until: float | None) -> str:
    if account.disabled_at is not None:
        return words("disabled", "停止")
    if locked_until is not None:
        return words("locked", "ロック中")
    return words("enabled", "利用中")
