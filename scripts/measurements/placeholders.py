"""Which form of placeholder a small model retells best.

Each task is asked with every form, greedily. Counted is how many placeholders of the prompt
come back exactly, how many changed but still readable (other widths, brackets or blanks), and
how many answers hold one that was never given.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import Callable
from pathlib import Path

from jimae.settings import load
from jimae.types import (
    ChatPrompt,
    Delta,
    GenerateRequest,
    Message,
    Principal,
    Sampling,
    TextPart,
)
from jimae.worker.client import LocalBackend
from lib.places import test_models

Form = Callable[[str, str, int], str]

FORMS: dict[str, Form] = {
    "【電話番号1】": lambda ja, en, n: f"【{ja}{n}】",
    "[電話番号1]": lambda ja, en, n: f"[{ja}{n}]",
    "〔電話番号1〕": lambda ja, en, n: f"〔{ja}{n}〕",
    "<PHONE_1>": lambda ja, en, n: f"<{en}_{n}>",
    "[PHONE_1]": lambda ja, en, n: f"[{en}_{n}]",
    "{{PHONE_1}}": lambda ja, en, n: f"{{{{{en}_{n}}}}}",
}
LABELS = {
    "P": ("電話番号", "PHONE"),
    "M": ("メールアドレス", "MAIL"),
    "A": ("住所", "ADDRESS"),
    "N": ("氏名", "NAME"),
    "I": ("マイナンバー", "MY_NUMBER"),
}
TEXTS = (
    "窓口の@N1@です。お問い合わせは@P1@または@M1@までお願いします。不在のときは@P2@へおかけください。",
    "申請者: @N1@\n住所: @A1@\n電話: @P1@\nメール: @M1@\n個人番号: @I1@",
    "@N1@様が@A1@から@A2@へ転居されました。新しい連絡先は@P1@です。書類は@M1@に送ってください。",
)
TASKS = (
    "次の文章を丁寧な案内文に書き直してください。",
    "次の内容を箇条書きにまとめてください。",
    "次の内容を Markdown の表にしてください。",
    "次の内容を英語に翻訳してください。",
    "次の内容から連絡先を JSON で抜き出してください。",
    "次の内容をもとに、社内への連絡メールを書いてください。",
)
MARK = re.compile("@([A-Z])([0-9])@")
BRACKETS = "[【\\[［〔<＜〈「(（{｛]{1,2}"
CLOSING = "[】\\]］〕>＞〉」)）}｝]{1,2}"


def loosely(ja: str, en: str, number: int) -> re.Pattern[str]:
    digits = f"(?:{number}|{chr(0xFF10 + number)})"
    return re.compile(f"{BRACKETS}\\s?(?:{ja}|{en})[ _＿]?{digits}\\s?{CLOSING}", re.IGNORECASE)


async def answer(backend: LocalBackend, name: str, prompt: str) -> str:
    request = GenerateRequest(
        name,
        Principal("u", "u"),
        ChatPrompt((Message("user", (TextPart(prompt),)),)),
        Sampling(temperature=0.0),
        max_tokens=160,
    )
    return "".join(
        [event.text async for event in backend.generate(request) if isinstance(event, Delta)]
    )


async def measure(path: Path, tasks: int) -> None:
    engine = load(environ={}, overrides={"engine.kv_tokens": 4096, "engine.parallel": 1})
    backend = LocalBackend(path.stem, path, engine, Sampling())
    await backend.start()
    print(f"{path.stem}: {tasks} tasks, {len(TEXTS)} texts")
    for shown, form in FORMS.items():
        given = exact = loose = invented = 0
        for task in TASKS[:tasks]:
            for text in TEXTS:
                marks = {(kind, int(n)) for kind, n in MARK.findall(text)}
                filled = MARK.sub(lambda m, form=form: form(*LABELS[m[1]], int(m[2])), text)
                said = await answer(backend, f"{given}", f"{task}\n\n{filled}")
                for kind, number in marks:
                    labels = LABELS[kind]
                    given += 1
                    if form(*labels, number) in said:
                        exact += 1
                    elif loosely(*labels, number).search(said):
                        loose += 1
                others = {(k, n) for k in LABELS for n in range(1, 6)} - marks
                invented += any(form(*LABELS[k], n) in said for k, n in others)
        print(
            f"{shown:14} exactly {exact / given:6.1%}  readable {(exact + loose) / given:6.1%}"
            f"  ({given} given; {invented} answers with one that was not)",
            flush=True,
        )
    await backend.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="qwen2.5-coder-1.5b")
    parser.add_argument("--tasks", type=int, default=len(TASKS))
    asked = parser.parse_args()
    asyncio.run(measure(test_models() / f"{asked.model}.gguf", asked.tasks))


if __name__ == "__main__":
    main()
