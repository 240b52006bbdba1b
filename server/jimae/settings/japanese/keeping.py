"""In Japanese: what is kept, where, and for how long."""

from __future__ import annotations

from typing import Final

TABLES: Final = {
    "database": "アカウント、会話、保存した応答の置き場所。",
    "files": "プログラムがここに置けるもの。",
    "chats": "利用者がページに残すチャット。",
    "batches": "ファイルで届き、誰も待っていないときに答えるリクエスト。",
    "audit": "監査ログの署名、保存、閲覧。",
}

SETTINGS: Final = {
    "database.url": "保存先の PostgreSQL（`postgresql://user:password@host:5432/name` の形）。"
    "なければ、データディレクトリーのファイル `jimae.db`。",
    "files.max_mb": "アップロードできるファイルの最大の大きさ（MiB）。超えると 413 で答えます。",
    "chats.unread_seconds": "どのページも読んでいない回答を、再読み込みに備えて書き続ける秒数。"
    "過ぎると、そこまでで終わります。",
    "chats.trash_days": "チャットがごみ箱に残る日数。過ぎると完全に削除されます。",
    "chats.max_import_mb": "取り込めるチャットのファイルの最大の大きさ（MiB）。",
    "batches.max_requests": "1 つのバッチの最大のリクエスト数。",
    "batches.parallel": "1 つのモデルに同時に渡す、バッチのリクエストの最大の数。",
    "audit.checkpoint_records": "ログの終わりに署名する間隔（記録の数）。",
    "audit.checkpoint_minutes": "何かが記録されたとき、署名するまでの分数。",
    "audit.metadata_days": "記録を削除するまでの日数。"
    "データベースでの決まり（`jimae audit retention`）があれば、"
    "そちらが優先されます。0 なら削除しません。",
    "audit.content_days": "質問と回答を削除するまでの日数。0 なら、その記録と同じだけ残します。",
    "audit.encryption_keys": "質問と回答を暗号化する鍵のファイル。"
    "1 行に 1 つで、最後のものを使います"
    "（`jimae audit encryption-key` で加えます）。なければ暗号化しません。",
    "audit.admins_read_content": "監査担当のほかに、管理者もログの質問と回答を読めるようにするか。"
    "誰が読んだかは記録されます。",
}
