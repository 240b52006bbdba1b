"""What the page keeps besides chats: templates, judgements, comparisons."""

from __future__ import annotations

from jimae.error_texts.text import FORBIDDEN, INVALID, NOT_FOUND, Text

TEXTS: dict[str, Text] = {
    "template_not_found": Text(
        404,
        NOT_FOUND,
        "There is no template '{id}' that you can see. GET /jimae/templates lists them.",
        "テンプレート「{id}」はないか、ご覧になれません。"
        "一覧は GET /jimae/templates で見られます。",
    ),
    "template_not_yours": Text(
        403,
        FORBIDDEN,
        "The template '{title}' can be changed by who made it and by those who look after its "
        "group. Copy it to have one of your own.",
        "テンプレート「{title}」を変更できるのは、作った人とグループの管理者だけです。"
        "複製すれば、自分のものとして変更できます。",
    ),
    "template_blank_unknown": Text(
        400,
        INVALID,
        "The text of the template has the blank {{{{{name}}}}}, but no field of that name. Add "
        "the field, or take the blank out of the text.",
        "テンプレートの本文に {{{{{name}}}}} がありますが、その名前の欄がありません。"
        "欄を加えるか、本文から取り除いてください。",
    ),
    "template_field_unused": Text(
        400,
        INVALID,
        "The template has the field '{name}', but its text has no blank {{{{{name}}}}}. Put the "
        "blank into the text, or remove the field.",
        "テンプレートに欄「{name}」がありますが、本文に {{{{{name}}}}} がありません。"
        "本文に入れるか、欄を取り除いてください。",
    ),
    "template_choices": Text(
        400,
        INVALID,
        "The field '{name}' of the template is a choice without anything to choose. Name at "
        "least two choices.",
        "テンプレートの欄「{name}」は選択肢の欄ですが、選択肢がありません。"
        "二つ以上の選択肢を入れてください。",
    ),
    "template_too_many": Text(
        409,
        INVALID,
        "You have {limit} templates already, as many as one can have. Delete one first.",
        "テンプレートは一人 {limit} 件までです。どれかを削除してから作ってください。",
    ),
    "not_in_group": Text(
        404,
        NOT_FOUND,
        "There is no group '{group}' that you belong to.",
        "所属しているグループの中に「{group}」はありません。",
    ),
    "compare_same": Text(
        400,
        INVALID,
        "Both models are '{model}'. Choose two different ones to compare.",
        "二つのモデルがどちらも「{model}」です。比べるには別のモデルを選んでください。",
    ),
}
