"""`jimae chat`: talk to a running server from a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated, Final

import typer

from jimae.cli.client import Client, News
from jimae.cli.console import printable, show_error, stderr, stdout, words
from jimae.cli.language import language
from jimae.errors import JimaeError

PROMPT: Final = "> "
HELP: Final = words(
    """Talk to a running server.

    Examples:

      jimae chat

      jimae chat "日本の首都はどこですか?"

      cat report.txt | jimae chat "三行で要約して"

    Where there are accounts: jimae keys add NAME terminal > key, then jimae chat --key-file key

    In a conversation: Ctrl+C stops the answer, Ctrl+D ends, /new starts again,
    /help lists the commands.
    """,
    """動いているサーバーと話します。

    例:

      jimae chat

      jimae chat "日本の首都はどこですか?"

      cat report.txt | jimae chat "三行で要約して"

    アカウントがあるとき: jimae keys add 名前 terminal > key で作り、jimae chat --key-file key

    会話中は、Ctrl+C で回答を止め、Ctrl+D で終わります。/new で新しい会話、
    /help で一覧です。
    """,
)
COMMANDS: Final = words(
    """/new     start a new conversation
/help    show this
Ctrl+C   stop the answer
Ctrl+D   end""",
    """/new     新しい会話を始める
/help    この一覧
Ctrl+C   回答を止める
Ctrl+D   終わる""",
)
QUESTION_HELP: Final = words(
    "Ask this once and end; standard input is added to it.",
    "これだけを尋ねて終わります。標準入力があれば後に続けます。",
)
URL_HELP: Final = words("The server.", "サーバー。")
MODEL_HELP: Final = words(
    "Model; the server's default if not given.", "モデル。なければサーバーの既定。"
)
SYSTEM_HELP: Final = words("Instructions for the model.", "モデルへの指示。")
KEY_HELP: Final = words(
    "File with an API key, for a server that has accounts.",
    "API キーを書いたファイル。アカウントのあるサーバーで要ります。",
)


def chat(
    question: Annotated[str | None, typer.Argument(help=QUESTION_HELP)] = None,
    url: Annotated[str, typer.Option(help=URL_HELP)] = "http://127.0.0.1:8080",
    model: Annotated[str | None, typer.Option(help=MODEL_HELP)] = None,
    system: Annotated[str | None, typer.Option(help=SYSTEM_HELP)] = None,
    key_file: Annotated[
        Path | None, typer.Option(help=KEY_HELP, exists=True, dir_okay=False, readable=True)
    ] = None,
) -> None:
    # A key among the arguments would be in the list of processes.
    key = None if key_file is None else key_file.read_text(encoding="utf-8").strip()
    with closing(Client(url, language(), key=key)) as client:
        conversation = Conversation(client, model or client.default_model(), system)
        if question is None and sys.stdin.isatty():
            talk(conversation)
            return
        asked = [question or ""]
        if not sys.stdin.isatty():
            asked.append(sys.stdin.read())
        text = "\n\n".join(part.strip() for part in asked if part.strip())
        if not text:
            raise JimaeError("empty_prompt")
        if not conversation.ask(text):
            raise typer.Exit(130)


class Conversation:
    """The messages so far, and who answers them."""

    def __init__(self, client: Client, model: str, system: str | None) -> None:
        self.model = model
        self._client = client
        self._system = system
        self._messages: list[dict[str, str]] = []
        self.begin()

    def begin(self) -> None:
        """Forget everything but the instructions."""
        self._messages = [{"role": "system", "content": self._system}] if self._system else []

    def ask(self, text: str) -> bool:
        """Write the answer as it comes; False if the person stopped it.

        What was written stays part of the conversation. After an error the
        question does not, so that it can be asked again.
        """
        question = {"role": "user", "content": text.encode("utf-8", "replace").decode()}
        answer: list[str] = []
        finished = False
        try:
            self._write([*self._messages, question], answer)
            finished = True
        except KeyboardInterrupt:
            stderr.print(words("(stopped)", "（停止しました）"), style="dim")
        self._messages += [question, {"role": "assistant", "content": "".join(answer)}]
        return finished

    def _write(self, messages: list[dict[str, str]], answer: list[str]) -> None:
        # Closed here, not when it is collected: the server learns at once that nobody reads.
        with closing(self._client.answer(self.model, messages)) as events:
            waiting = stderr.status(words("waiting …", "待っています…"), spinner="dots")
            waiting.start()
            try:
                for event in events:
                    if isinstance(event, News):
                        waiting.update(printable(describe(event)))
                        continue
                    waiting.stop()
                    answer.append(event.text)
                    stdout.file.write(printable(event.text))
                    stdout.file.flush()
            finally:
                waiting.stop()
                if answer:
                    stdout.file.write("\n")
                    stdout.file.flush()


def describe(news: News) -> str:
    """`queued position=2 seconds=12` as a person says it."""
    kind, *pairs = news.text.split()
    facts = dict(pair.partition("=")[::2] for pair in pairs)
    match kind:
        case "queued":
            place = facts.get("position", "?")
            return words(f"number {place} in the queue …", f"順番待ち {place} 番目…")
        case "loading":
            return words("the model is loading …", "モデルを読み込んでいます…")
        case "prefill":
            share = f"{facts.get('done', '?')}/{facts.get('total', '?')}"
            return words(f"reading your text ({share}) …", f"文章を読んでいます（{share}）…")
        case _:
            return words("waiting …", "待っています…")


def talk(conversation: Conversation, read: Callable[[str], str] = input) -> None:
    """Ask and answer until Ctrl+D."""
    _edit_lines()
    stdout.print(
        words(
            f"Talking to {conversation.model}. /help lists the commands, Ctrl+D ends.",
            f"{conversation.model} と話します。/help で一覧、Ctrl+D で終わります。",
        ),
        style="dim",
    )
    while True:
        try:
            text = read(PROMPT).strip()
        except EOFError:
            stdout.print()
            return
        except KeyboardInterrupt:
            # At the prompt it drops the line, as shells do.
            stdout.print()
            continue
        match text:
            case "":
                continue
            case "/new":
                conversation.begin()
                stdout.print(words("A new conversation.", "新しい会話です。"), style="dim")
            case "/help":
                stdout.print(COMMANDS)
            case _:
                try:
                    conversation.ask(text)
                except JimaeError as error:
                    show_error(error)


def _edit_lines() -> None:
    """Line editing that knows the width of Japanese characters, where Python has it."""
    try:
        import readline
    except ImportError:
        return
    readline.parse_and_bind("set enable-bracketed-paste on")


chat.__doc__ = HELP
