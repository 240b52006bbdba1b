"""The audit log."""

from __future__ import annotations

from jimae.error_texts.text import SERVER, SETUP, Text

TEXTS: dict[str, Text] = {
    "audit_head_missing": Text(
        500,
        SERVER,
        "The end of the audit log is missing from the database: nothing can be recorded, so "
        "nothing is done. Run jimae audit verify, and restore the database from a backup.",
        "監査ログの末尾の記録がデータベースにありません。記録できないため、操作も行いません。"
        "jimae audit verify を実行し、バックアップからデータベースを復元してください。",
    ),
    "audit_broken": Text(
        500,
        SERVER,
        "The audit log is broken at record {seq}, so its end was not signed. Run jimae audit "
        "verify to see all that is wrong, and keep a copy of the database as it is.",
        "監査ログが記録 {seq} で壊れているため、末尾に署名しませんでした。"
        "jimae audit verify で全体を確認し、データベースを今のまま複製して保管してください。",
    ),
    "audit_signing_key": Text(
        500,
        SETUP,
        "The key {path}, which signs the audit log, cannot be used: {reason}. Restore it from a "
        "backup; without the file, a new key is made.",
        "監査ログに署名する鍵 {path} が使えません: {reason}。バックアップから復元してください。"
        "ファイルがなければ新しい鍵を作成します。",
    ),
    "audit_key_file": Text(
        500,
        SETUP,
        "The file {path} of the setting audit.encryption_keys cannot be used: {reason}. Make "
        "one with jimae audit encryption-key.",
        "設定 audit.encryption_keys のファイル {path} は使えません: {reason}。"
        "jimae audit encryption-key で作成してください。",
    ),
    "audit_key_missing": Text(
        409,
        SERVER,
        "This content of the audit log was encrypted with the key {key}, which is not in the "
        "file of the setting audit.encryption_keys. Put it back there.",
        "監査ログのこの内容は鍵 {key} で暗号化されていますが、設定 audit.encryption_keys の"
        "ファイルにその鍵がありません。ファイルに戻してください。",
    ),
}
