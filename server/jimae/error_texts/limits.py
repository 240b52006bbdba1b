"""What a person, a group or a key may use."""

from __future__ import annotations

from jimae.error_texts.text import BUSY, FORBIDDEN, INVALID, NOT_FOUND, UNKNOWN, Text

TEXTS: dict[str, Text] = {
    # --- keys --------------------------------------------------------------------------
    "key_malformed": Text(
        401,
        UNKNOWN,
        "This is not an API key of jimae: one begins with jm- and has 41 characters, the last "
        "6 of which check the others. Copy the whole key again.",
        "jimae の API キーではありません。キーは jm- で始まる 41 文字で、最後の 6 文字は"
        "打ち間違いを見つけるためのものです。キー全体をコピーし直してください。",
    ),
    "key_unknown": Text(
        401,
        UNKNOWN,
        "This server does not know this API key. Make one on the page of your account, or with: "
        "jimae keys add",
        "このサーバーに登録のない API キーです。アカウントの画面か、次のコマンドで作れます: "
        "jimae keys add",
    ),
    "key_revoked": Text(
        401,
        UNKNOWN,
        "The API key '{name}' was revoked on {when}. Make another.",
        "API キー「{name}」は {when} に取り消されました。新しいキーを作ってください。",
    ),
    "key_expired": Text(
        401,
        UNKNOWN,
        "The API key '{name}' expired on {when}. Make another.",
        "API キー「{name}」の有効期限は {when} に切れました。新しいキーを作ってください。",
    ),
    "key_not_for_this": Text(
        403,
        FORBIDDEN,
        "The API key '{name}' is for {areas} only; this needs {needed}. Use another key.",
        "API キー「{name}」の用途は {areas} に限られており、ここで必要な {needed} が"
        "含まれていません。別のキーをお使いください。",
    ),
    "key_not_found": Text(
        404,
        NOT_FOUND,
        "There is no API key '{id}'. A list of them says which there are.",
        "API キー「{id}」はありません。一覧でお確かめください。",
    ),
    "key_owner_unknown": Text(
        404,
        NOT_FOUND,
        "There is no account '{id}' that an API key could act for. Without accounts none is "
        "needed: this machine is let in as it is.",
        "API キーの持ち主となるアカウント「{id}」がありません。アカウントのない間は、"
        "このマシンからはキーなしで使えます。",
    ),
    "key_by_key": Text(
        403,
        FORBIDDEN,
        "API keys are not made with an API key ('{name}'). Sign in at the page, or use: jimae keys "
        "add",
        "API キー（「{name}」）を使って別の API キーを作ることはできません。"
        "画面でサインインするか、次のコマンドをお使いください: jimae keys add",
    ),
    "key_expiry_past": Text(
        400,
        INVALID,
        "'{param}' is {when}, which is over. Give a later time, or none.",
        "「{param}」に過去の日時 {when} が指定されています。"
        "後の日時にするか、指定を外してください。",
    ),
    "too_many_keys": Text(
        409,
        BUSY,
        "This account has {most} API keys that can be used, the most there may be. Revoke one "
        "first.",
        "このアカウントで使える API キーが上限の {most} 個あります。"
        "先にどれかを取り消してください。",
    ),
    # --- limits ------------------------------------------------------------------------
    "quota_exceeded": Text(
        429,
        BUSY,
        "The {kind} '{whose}' has used {used} of {limit} tokens; {left} are left until {until}. "
        "Ask again then, or ask an administrator for more.",
        "{kind}「{whose}」のトークンは、上限 {limit} のうち {used} を使い、残りは {left} です。"
        "{until} に回復します。急ぐ場合は管理者にご相談ください。",
    ),
    "rate_limited": Text(
        429,
        BUSY,
        "The {kind} '{whose}' may send {limit} requests in a minute; {left} are left. The next "
        "one is taken in {seconds} s, at {when}.",
        "{kind}「{whose}」が 1 分間に送れるのは {limit} 件までで、残りは {left} 件です。"
        "次は {seconds} 秒後（{when}）に送れます。",
    ),
    "too_many_answers": Text(
        429,
        BUSY,
        "The {kind} '{whose}' may have {limit} answers written at the same time; {running} are, "
        "and {left} are left. Wait for one to end: about {seconds} s.",
        "{kind}「{whose}」が同時に受けられる回答は {limit} 件までで、いま {running} 件を作成中です"
        "（残り {left} 件）。一つ終わるまで、約 {seconds} 秒お待ちください。",
    ),
    "model_not_allowed": Text(
        403,
        FORBIDDEN,
        "The {kind} '{whose}' may not use the model '{model}'. Allowed: {allowed}.",
        "{kind}「{whose}」はモデル「{model}」を使えません。使えるモデル: {allowed}",
    ),
    "hours_closed": Text(
        403,
        FORBIDDEN,
        "'{whose}' may ask within these hours: {hours}. The next begin at {opens}.",
        "「{whose}」が使える時間は {hours} です。次は {opens} から使えます。",
    ),
    "hours_never": Text(
        403,
        FORBIDDEN,
        "The hours of '{whose}' are {hours}, and no hour is in all of them. Ask an administrator "
        "to change them.",
        "「{whose}」の利用時間（{hours}）には共通の時間がありません。"
        "管理者に変更をご依頼ください。",
    ),
    "limit_subject_unreadable": Text(
        404,
        NOT_FOUND,
        "'{value}' names nothing that can be limited; that is everybody, group:ID, account:ID or "
        "key:ID.",
        "「{value}」は制限の対象ではありません。指定できるのは everybody、group:ID、account:ID、"
        "key:ID です。",
    ),
    "subject_unknown": Text(
        404,
        NOT_FOUND,
        "There is no {kind} '{id}' on this server.",
        "{kind}「{id}」は、このサーバーにありません。",
    ),
    "hours_unreadable": Text(
        400,
        INVALID,
        "'{value}' is no time of the week. Write days from Monday on and times: 'mon-fri "
        "08:00-19:00', 'mon,wed 9:00-12:00', 'sat,sun 00:00-24:00', or in Japanese '月-金 "
        "9:00-18:00'.",
        "「{value}」は曜日と時間として読めません。曜日（月曜日から日曜日の順）と時刻を、"
        "「月-金 9:00-18:00」「月、水 9:00-12:00」「土,日 0:00-24:00」や "
        "'mon-fri 08:00-19:00' のように書いてください。",
    ),
}
