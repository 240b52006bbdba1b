"""Every error's code, HTTP status, envelope type and sentences.

A sentence names the thing, the value and the way out. Placeholders are filled
from `JimaeError.values`; a test checks that both languages use the same ones.
"""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    status: int
    type: str
    en: str
    ja: str


INVALID = "invalid_request_error"
NOT_FOUND = "not_found_error"
SERVER = "server_error"
BUSY = "rate_limit_error"
SETUP = "setup_error"

TEXTS: dict[str, Text] = {
    # --- requests -------------------------------------------------------------
    "model_not_found": Text(
        404,
        NOT_FOUND,
        "The model '{model}' is not on this server. Available: {available}.",
        "モデル「{model}」はこのサーバーにありません。使えるモデル: {available}",
    ),
    "context_length_exceeded": Text(
        400,
        INVALID,
        "The prompt has {prompt_tokens} tokens, but a request can hold at most {limit} "
        "on this server. Shorten the conversation by {excess} tokens.",
        "入力が {prompt_tokens} トークンあり、このサーバーの上限 {limit} トークンを超えています。"
        "会話を {excess} トークン分短くしてください。",
    ),
    "max_tokens_too_large": Text(
        400,
        INVALID,
        "{param} is {value}; after a prompt of {prompt_tokens} tokens there is room for "
        "{room} in this model's context of {limit}. Ask for at most {room}.",
        "{param} に {value} が指定されていますが、入力 {prompt_tokens} トークンの後に使えるのは "
        "{room} トークンまでです（上限 {limit}）。{room} 以下にしてください。",
    ),
    "empty_prompt": Text(
        400,
        INVALID,
        "The prompt is empty. Send at least one token.",
        "入力が空です。1 トークン以上を送ってください。",
    ),
    "template_failed": Text(
        400,
        INVALID,
        "The chat template of '{model}' refused these messages: {reason}",
        "モデル「{model}」のチャットテンプレートがこの会話を受け付けませんでした: {reason}",
    ),
    "template_timeout": Text(
        500,
        SERVER,
        "The chat template of '{model}' took longer than {seconds} s and was stopped. "
        "Its template may be damaged or hostile.",
        "モデル「{model}」のチャットテンプレートが {seconds} 秒以内に終わらず、停止しました。"
        "テンプレートが壊れているか、悪意のある可能性があります。",
    ),
    "token_out_of_range": Text(
        400,
        INVALID,
        "Token id {token} is outside this model's vocabulary of {n_vocab} tokens.",
        "トークン番号 {token} は、このモデルの語彙（{n_vocab} 個）の範囲外です。",
    ),
    # --- the engine and its workers -------------------------------------------
    "worker_died": Text(
        503,
        SERVER,
        "The process that runs '{model}' ended unexpectedly ({reason}). "
        "It is being restarted; send the request again.",
        "モデル「{model}」を動かすプロセスが予期せず終了しました（{reason}）。"
        "再起動しています。もう一度送信してください。",
    ),
    "model_loading": Text(
        503,
        SERVER,
        "The model '{model}' is still loading. Try again in a moment.",
        "モデル「{model}」を読み込んでいます。少し待ってからもう一度お試しください。",
    ),
    "model_load_failed": Text(
        503,
        SERVER,
        "The model '{model}' could not be loaded: {reason}",
        "モデル「{model}」を読み込めませんでした: {reason}",
    ),
    "queue_full": Text(
        429,
        BUSY,
        "{waiting} requests are already waiting. Try again in {seconds} s.",
        "すでに {waiting} 件が待っています。{seconds} 秒後にもう一度お試しください。",
    ),
    "internal_error": Text(
        500,
        SERVER,
        "Something went wrong on the server. Its log has the details under {reference}.",
        "サーバーで問題が起きました。詳細はサーバーのログの {reference} にあります。",
    ),
    # --- settings ----------------------------------------------------------------
    "setting_unknown": Text(
        500,
        SETUP,
        "There is no setting '{name}'. Nearest: {near}. docs/settings.md lists all.",
        "「{name}」という設定はありません。近いもの: {near}。一覧は docs/settings.md にあります。",
    ),
    "setting_invalid": Text(
        500,
        SETUP,
        "The setting '{name}' cannot be {value}: {reason}.",
        "設定「{name}」に {value} は使えません: {reason}",
    ),
    "settings_file": Text(
        500,
        SETUP,
        "The settings file {path} cannot be read: {reason}.",
        "設定ファイル {path} を読めません: {reason}",
    ),
    # --- model files ------------------------------------------------------------
    "gguf_invalid": Text(
        422,
        INVALID,
        "{path} is not a usable GGUF file: {reason}",
        "{path} は使える GGUF ファイルではありません: {reason}",
    ),
}
