"""The audit log."""

from __future__ import annotations

from jimae.error_texts.text import FORBIDDEN, INVALID, NOT_FOUND, SERVER, SETUP, Inside, Text

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
    "audit_checkpoints": Text(
        500,
        SERVER,
        "The file of the audit log's checkpoints cannot be read: {reason}.",
        "監査ログのチェックポイントのファイルが読めません: {reason}。",
    ),
    "audit_record_not_found": Text(
        404,
        NOT_FOUND,
        "There is no record {seq} in the audit log.",
        "監査ログに記録 {seq} はありません。",
    ),
    "audit_record_deleted": Text(
        404,
        NOT_FOUND,
        "Record {seq} of the audit log was deleted; the certificates say when and why.",
        "監査ログの記録 {seq} は削除されています。日時と理由は証明書にあります。",
    ),
    "audit_content_gone": Text(
        404,
        NOT_FOUND,
        "There is no content to record {seq} of the audit log: it has none, or it was deleted.",
        "監査ログの記録 {seq} の本文はありません。もともとないか、削除されています。",
    ),
    "audit_content_changed": Text(
        409,
        INVALID,
        "The content of record {seq} of the audit log is not what was recorded. Run jimae audit "
        "verify, and keep a copy of the database as it is.",
        "監査ログの記録 {seq} の本文が、記録時のものと異なります。jimae audit verify を実行し、"
        "データベースを今のまま複製して保管してください。",
    ),
    "audit_content_not_permitted": Text(
        403,
        FORBIDDEN,
        "What people asked and were answered is for auditors only. Ask one, or let "
        "administrators read it too by the setting audit.admins_read_content.",
        "質問と回答の本文を読めるのは監査人だけです。監査人に依頼するか、"
        "設定 audit.admins_read_content で管理者にも許可してください。",
    ),
    "audit_word_empty": Text(
        400,
        INVALID,
        "The word to search for is empty. Give at least one character.",
        "検索する語が空です。1 文字以上を指定してください。",
    ),
    "audit_hold_not_found": Text(
        404,
        NOT_FOUND,
        "There is no hold '{id}'. It may have been lifted.",
        "保全「{id}」はありません。解除された可能性があります。",
    ),
    "audit_certificate_not_found": Text(
        404,
        NOT_FOUND,
        "There is no certificate '{id}'.",
        "証明書「{id}」はありません。",
    ),
    "audit_no_export": Text(
        400,
        INVALID,
        "This is no export of an audit log: its first line is not a header. Take one with "
        "jimae audit export --format jsonl.",
        "監査ログのエクスポートではありません（先頭行がヘッダーではありません）。"
        "jimae audit export --format jsonl で作成してください。",
    ),
    "audit_signing_key": Text(
        500,
        SETUP,
        "The key that signs the audit log of this server cannot be used. Tell who runs it; the log "
        "says why.",
        "監査ログに署名する鍵が使えません。管理者にお知らせください（原因はログにあります）。",
        Inside(
            "The key {path}, which signs the audit log, cannot be used: {reason}. Restore it from "
            "a backup; without the file, a new key is made.",
            "監査ログに署名する鍵 {path} が使えません: {reason}。バックアップから復元してください。"
            "ファイルがなければ新しい鍵を作成します。",
        ),
    ),
    "audit_key_file": Text(
        500,
        SETUP,
        "The file of the setting audit.encryption_keys cannot be used. Tell who runs this server; "
        "the log says why.",
        "設定 audit.encryption_keys のファイルが使えません。"
        "管理者にお知らせください（原因はログにあります）。",
        Inside(
            "The file {path} of the setting audit.encryption_keys cannot be used: {reason}. Make "
            "one with jimae audit encryption-key.",
            "設定 audit.encryption_keys のファイル {path} は使えません: {reason}。"
            "jimae audit encryption-key で作成してください。",
        ),
    ),
    "audit_key_missing": Text(
        409,
        INVALID,
        "This content of the audit log was encrypted with the key {key}, which is not in the "
        "file of the setting audit.encryption_keys. Put it back there.",
        "監査ログのこの内容は鍵 {key} で暗号化されていますが、設定 audit.encryption_keys の"
        "ファイルにその鍵がありません。ファイルに戻してください。",
    ),
}
