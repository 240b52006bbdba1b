"""The rules of use, and personal data in what is sent."""

from __future__ import annotations

from jimae.error_texts.text import FORBIDDEN, INVALID, NOT_FOUND, Text

TEXTS: dict[str, Text] = {
    "policy_not_accepted": Text(
        403,
        FORBIDDEN,
        "Version {version} of the rules of use has not been accepted by this account. Read and "
        "accept it in the page (GET /jimae/policy, POST /jimae/me/policy), then send this again. "
        "An API key needs its owner to have accepted.",
        "このアカウントは利用規程（第 {version} 版）にまだ同意していません。"
        "画面で読んで同意してから"
        "（GET /jimae/policy、POST /jimae/me/policy）、もう一度送信してください。"
        "API キーでは、その持ち主の同意が必要です。",
    ),
    "policy_outdated": Text(
        409,
        INVALID,
        "Version {version} of the rules of use is not in force; version {current} is. "
        "Read it at GET /jimae/policy and accept that one.",
        "利用規程の第 {version} 版は有効な版ではありません。現在は第 {current} 版です。"
        "GET /jimae/policy で読み、その版に同意してください。",
    ),
    "policy_accept_in_person": Text(
        403,
        FORBIDDEN,
        "The rules of use are accepted by a person, not with an API key. Sign in at the page.",
        "利用規程への同意は本人が行います。API キーではできません。画面でサインインしてください。",
    ),
    "policy_unfilled": Text(
        400,
        INVALID,
        "The text '{param}' still has places of the template that are to be filled in: {places}. "
        "Write what belongs there, and publish it again.",
        "規程の本文（{param}）に、ひな形のまま書き換えていない箇所があります: {places}。"
        "内容を書き入れてから、もう一度公開してください。",
    ),
    "policy_text_not_found": Text(
        404,
        NOT_FOUND,
        "There is no version {version} of the rules of use. "
        "GET /jimae/admin/policy/texts lists those there are.",
        "利用規程の第 {version} 版はありません。"
        "一覧は GET /jimae/admin/policy/texts で見られます。",
    ),
    "policy_rule_not_found": Text(
        404,
        NOT_FOUND,
        "There is no rule '{id}', or it is not yours to change. "
        "GET /jimae/admin/policy lists those there are.",
        "規則「{id}」はないか、変更できる規則ではありません。"
        "一覧は GET /jimae/admin/policy で見られます。",
    ),
    "policy_word_not_found": Text(
        404,
        NOT_FOUND,
        "There is no prohibited word '{id}', or it is not yours to change. "
        "GET /jimae/admin/policy lists those there are.",
        "禁止語「{id}」はないか、変更できるものではありません。"
        "一覧は GET /jimae/admin/policy で見られます。",
    ),
    "policy_group_not_found": Text(
        404,
        NOT_FOUND,
        "There is no group '{id}' that you look after.",
        "あなたが管理するグループ「{id}」はありません。",
    ),
    "empty_word": Text(
        400,
        INVALID,
        "The word '{word}' is empty without its blanks and *. Write at least one character.",
        "禁止語「{word}」は、空白と * を除くと空です。1 文字以上書いてください。",
    ),
    "prohibited_word": Text(
        400,
        INVALID,
        "The text contains '{word}', which may not be sent here. Take it out and send it again; "
        "ask an administrator if you need it.",
        "本文に、ここでは送信できない語「{word}」が含まれています。"
        "取り除いて送り直してください。必要な場合は管理者にご相談ください。",
    ),
    "personal_data_refused": Text(
        400,
        INVALID,
        "The text contains personal data that may not be sent to this model: {kinds}. Take it "
        "out and send it again; POST /jimae/policy/check shows where it is.",
        "本文に、このモデルへ送信できない個人情報が含まれています: {kinds}。"
        "取り除いて送り直してください。場所は POST /jimae/policy/check で確認できます。",
    ),
}
