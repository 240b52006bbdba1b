"""What `jimae policy --help` says."""

from __future__ import annotations

from typing import Final

from jimae.cli.console import words

SHOW: Final = words(
    """Show the text of use that is in force.

    Example:

      jimae policy show --lang ja
    """,
    """有効な利用規程を表示します。

    例:

      jimae policy show --lang ja
    """,
)
PUBLISH: Final = words(
    """Put a text of use in force, from two files in Markdown.

    Everybody is asked to accept it before they can ask a model again. Earlier versions are kept.
    Fill in the template's places in brackets first: a text that still has one is refused.

    Example:

      jimae policy template --lang ja > ja.md

      jimae policy template --lang en > en.md

      jimae policy publish --ja ja.md --en en.md
    """,
    """利用規程を公開します（Markdown のファイル 2 つ）。

    全員に同意を求め、同意するまでモデルは使えません。以前の版は残ります。ひな形の [ ] の箇所は
    先に書き換えてください。残っていると公開できません。

    例:

      jimae policy template --lang ja > ja.md

      jimae policy template --lang en > en.md

      jimae policy publish --ja ja.md --en en.md
    """,
)
ACCEPTED: Final = words(
    """List who accepted the text of use, and who has not yet.

    Example:

      jimae policy accepted --json
    """,
    """利用規程に同意した人と、まだの人を一覧にします。

    例:

      jimae policy accepted --json
    """,
)
RULES: Final = words(
    """Show or change what is done with personal data in what is sent.

    Kinds: my_number, card, residence_card, passport, bank_account, phone, mail, address,
    postal_code, birth_date, name, corporate_number.
    Actions: ignore, warn, mask (the model sees a placeholder, the answer has the value again),
    refuse. A rule of a group takes the place of the one for everybody; of several groups the
    strictest holds. The server notices within two seconds.

    Examples:

      jimae policy rules

      jimae policy rules --set my_number=refuse --set phone=mask

      jimae policy rules --set my_number=mask --group 人事課

      jimae policy rules --set address=refuse --untrusted --trust qwen3-4b

      jimae policy rules --remove rule_0f3a…
    """,
    """送信する文章に含まれる個人情報の扱いを、表示または変更します。

    種類: my_number（マイナンバー）、card（カード番号）、residence_card（在留カード）、
    passport（旅券）、bank_account（口座）、phone（電話）、mail（メール）、address（住所）、
    postal_code（郵便番号）、birth_date（生年月日）、name（氏名）、corporate_number（法人番号）。
    扱い: ignore（何もしない）、warn（知らせる）、mask（モデルには仮の語を見せ、回答で元に戻す）、
    refuse（断る）。グループの規則は全員の規則の代わりになり、複数のグループでは最も厳しいものが
    適用されます。サーバーには 2 秒以内に反映されます。

    例:

      jimae policy rules

      jimae policy rules --set my_number=refuse --set phone=mask

      jimae policy rules --set my_number=mask --group 人事課

      jimae policy rules --set address=refuse --untrusted --trust qwen3-4b

      jimae policy rules --remove rule_0f3a…
    """,
)
WORDS: Final = words(
    """Show or change prohibited words.

    Width, capitals and kana make no difference; * stands for up to 20 characters.

    Examples:

      jimae policy words --add プロジェクト暁 --add '極秘*資料'

      jimae policy words --add 社外秘 --warn --group 営業課
    """,
    """禁止語を表示または変更します。

    全角・半角、大文字・小文字、ひらがな・カタカナは区別しません。* は 20 文字までの文字列です。

    例:

      jimae policy words --add プロジェクト暁 --add '極秘*資料'

      jimae policy words --add 社外秘 --warn --group 営業課
    """,
)
CHECK: Final = words(
    """Say what would be done with a text, as LINE:COLUMN. Nothing of it is kept.

    Examples:

      jimae policy check mail.txt

      cat mail.txt | jimae policy check - --group 人事課
    """,
    """文章がどう扱われるかを「行:桁」で示します。内容は保存しません。

    例:

      jimae policy check mail.txt

      cat mail.txt | jimae policy check - --group 人事課
    """,
)
TEMPLATE: Final = words(
    """Print a text of use to begin with. Fill in what is in [brackets], then publish it.

    Example:

      jimae policy template --lang ja > ja.md
    """,
    """利用規程のひな形を出力します。[ ] の中を書き換えてから公開してください。

    例:

      jimae policy template --lang ja > ja.md
    """,
)
GROUP: Final = words("A group, by its name or id.", "グループの名前または ID。")
VERSION: Final = words("A version, rather than the one in force.", "有効な版ではなく、この版。")
LANG: Final = words("Language of the text: ja or en.", "本文の言語: ja または en。")
JSON: Final = words("As JSON.", "JSON で出力。")
JA: Final = words("The text in Japanese.", "日本語の本文。")
EN: Final = words("The text in English.", "英語の本文。")
SET: Final = words("A kind and what is done with it.", "種類と扱い。")
CONFIDENCE: Final = words(
    "How sure a finding has to be: low, medium or high.", "確かさの下限: low、medium、high。"
)
UNTRUSTED: Final = words(
    "Only for models that are not trusted.", "承認済みでないモデルだけの規則にします。"
)
REMOVE: Final = words("Take away the one with this id.", "この ID のものを取り除きます。")
TRUST: Final = words("Trust a model.", "モデルを承認済みにします。")
DISTRUST: Final = words("Trust a model no more.", "モデルの承認を取り消します。")
ADD: Final = words("A word to prohibit.", "禁止する語。")
WARN: Final = words("Only tell of it.", "断らずに知らせます。")
FILE: Final = words("A text in UTF-8; - for standard input.", "UTF-8 の文章。- は標準入力。")
MODEL: Final = words("The model that would be asked.", "使うモデル。")
