"""Who may come in."""

from __future__ import annotations

from jimae.error_texts.text import FORBIDDEN, Text

TEXTS: dict[str, Text] = {
    "not_permitted": Text(
        403,
        FORBIDDEN,
        "This account may not do that: it needs the role of {needed}. Ask an administrator.",
        "このアカウントの権限では実行できません（必要な権限: {needed}）。管理者にご相談ください。",
    ),
}
