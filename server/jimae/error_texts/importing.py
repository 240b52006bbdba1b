"""Tables of people that accounts are made from."""

from __future__ import annotations

from jimae.error_texts.text import INVALID, NOT_FOUND, Text

TEXTS: dict[str, Text] = {
    # --- the file ----------------------------------------------------------------
    "people_file_encoding": Text(
        400,
        INVALID,
        "{path} is no CSV in UTF-8 or Shift_JIS (CP932). In Excel, save it as "
        "'CSV UTF-8 (Comma delimited)'.",
        "{path} は、UTF-8 または Shift_JIS（CP932）の CSV ではありません。Excel では"
        "「CSV UTF-8（コンマ区切り）」で保存してください。",
    ),
    "people_file_empty": Text(
        400,
        INVALID,
        "{path} has no line for a person below its headings.",
        "{path} には、見出しの下に人の行がありません。",
    ),
    "people_file_quotes": Text(
        400,
        INVALID,
        '{path} cannot be read from line {line} on: a quotation mark (") there is not closed, or '
        "stands inside of a cell alone. Save it from the spreadsheet again, or write it twice.",
        '{path} は {line} 行目から先を読めません。引用符（"）が閉じていないか、セルの途中に'
        "1 つだけあります。表計算ソフトで保存し直すか、2 つ続けて書いてください。",
    ),
    "people_file_heading": Text(
        400,
        INVALID,
        "The first line of {path} names no column for the sign-in name; it has: {found}. Headings: "
        "name, display_name, mail, role, groups.",
        "{path} の 1 行目に、サインイン名の列がありません。今の見出し: {found}。使える見出し: "
        "サインイン名、表示名、メール、権限、グループ。",
    ),
    "people_file_heading_twice": Text(
        400,
        INVALID,
        "{path} has two columns for the same, '{first}' and '{second}'. Take one out.",
        "{path} に、同じ内容の列が 2 つあります（「{first}」と「{second}」）。"
        "片方を取り除いてください。",
    ),
    "people_file_wrong": Text(
        400,
        INVALID,
        "Nothing was changed: {count} things in {path} are wrong. Correct them, and run this "
        "again.",
        "何も変更していません。{path} に誤りが {count} 件あります。直してから、もう一度実行して"
        "ください。",
    ),
    "people_passwords_there": Text(
        409,
        INVALID,
        "{path} is there already, and passwords in it may still be needed. Name another file.",
        "{path} は既にあり、必要なパスワードが入っているかもしれません。"
        "別のファイル名にしてください。",
    ),
    # --- a line ------------------------------------------------------------------
    "people_too_many_cells": Text(
        400,
        INVALID,
        "There are more cells than headings ({most}). Put a cell with a comma in it between "
        "quotation marks.",
        "見出し（{most} 個）より多くのセルがあります。コンマを含むセルは引用符で囲んでください。",
    ),
    "people_name_twice": Text(
        400,
        INVALID,
        "'{name}' is in line {line} already. Names that differ only in case or width are the same.",
        "「{name}」は {line} 行目にもあります。大文字と小文字、全角と半角は区別しません。",
    ),
    "people_name_taken": Text(
        409,
        INVALID,
        "There is an account '{name}' already. Take the line out, or change such accounts with "
        "--update.",
        "アカウント「{name}」は既にあります。この行を取り除くか、--update を付けて既にある"
        "アカウントを変更してください。",
    ),
    "people_mail": Text(
        400,
        INVALID,
        "'{value}' is no mail address.",
        "「{value}」はメールアドレスではありません。",
    ),
    "people_role": Text(
        400,
        INVALID,
        "'{value}' is no role. Write one of: {roles}.",
        "「{value}」という権限はありません。次のどれかを書いてください: {roles}",
    ),
    "people_group": Text(
        404,
        NOT_FOUND,
        "There is no group '{name}'. Make it first (jimae groups add), or make all that are "
        "missing with --make-groups.",
        "グループ「{name}」はありません。先に jimae groups add で作るか、--make-groups を付けて"
        "足りないグループをまとめて作ってください。",
    ),
    "people_gone": Text(
        409,
        INVALID,
        "The account '{name}' was deleted meanwhile. Run this again.",
        "処理中にアカウント「{name}」が削除されました。もう一度実行してください。",
    ),
}
