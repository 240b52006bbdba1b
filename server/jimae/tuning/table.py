"""What `jimae tune` found, as tables in the terminal, in English or Japanese."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table

from jimae.catalogue.progress import format_size
from jimae.errors import Language
from jimae.tuning.messages import Quality
from jimae.tuning.session import Line, Report

# Above this, something else worked on the machine while it was measured.
RESTLESS = 0.5


def render(report: Report, language: Language) -> Group:
    """Formats with speed and loss; threads; steps; what is best."""
    ja = language == "ja"
    parts: list[RenderableType] = [_formats(report, ja), ""]
    tried = report.lines[0].measured.threads
    if tried:
        parts += [_threads(report, ja), ""]
    parts += [_chunks(report, ja), "", *_verdict(report, ja)]
    return Group(*parts)


def _formats(report: Report, ja: bool) -> Table:
    table = Table(box=None, pad_edge=False)
    table.title = (
        f"形式別の速さ（毎秒トークン数、{report.threads} スレッド）と品質"
        if ja
        else f"Formats: tokens per second with {report.threads} threads, and quality"
    )
    table.title_justify = "left"
    table.add_column("モデル" if ja else "Model", no_wrap=True)
    table.add_column("形式" if ja else "Format", no_wrap=True)
    table.add_column("サイズ" if ja else "Size", justify="right", no_wrap=True)
    table.add_column("入力" if ja else "Prompt", justify="right")
    for count in report.lines[0].measured.speed.decode:
        table.add_column(f"{count} 人" if ja else _users(count), justify="right", no_wrap=True)
    if any(line.measured.quality for line in report.lines):
        table.add_column("パープレキシティー" if ja else "Perplexity", justify="right")
        table.add_column("損失" if ja else "Loss", justify="right", no_wrap=True)
        table.add_column("KL", justify="right", no_wrap=True)
    for line in report.lines:
        speed = line.measured.speed
        table.add_row(
            line.id,
            line.format,
            format_size(line.size),
            f"{max(speed.prompt.values()):.1f}",
            *(f"{rate:.1f}" for rate in speed.decode.values()),
            *_quality(line.measured.quality, line is report.lines[0], ja),
        )
    return table


def _quality(quality: Quality | None, base: bool, ja: bool) -> tuple[str, ...]:
    if quality is None:
        return ()
    perplexity = f"{quality.perplexity:.3f}"
    if base:
        return (perplexity, "基準" if ja else "base", "")
    loss = f"{quality.change * 100:+.1f}% ±{quality.error * 100:.1f}"
    return (perplexity, loss, f"{quality.divergence:.4f}")


def _threads(report: Report, ja: bool) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("スレッド" if ja else "Threads", justify="right")
    table.add_column("入力" if ja else "Prompt", justify="right")
    table.add_column("1 人" if ja else "1 user", justify="right")
    table.add_column(f"{report.users} 人" if ja else f"{report.users} users", justify="right")
    for tried in report.lines[0].measured.threads:
        table.add_row(
            f"{tried.threads}" + (" *" if tried.threads == report.threads else "  "),
            *(f"{rate:.1f}" for rate in (tried.prompt, tried.one, tried.many)),
        )
    return table


def _chunks(report: Report, ja: bool) -> Table:
    """Speed of reading a prompt by tokens in a step."""
    table = Table(box=None, pad_edge=False)
    table.add_column("入力、1 ステップのトークン数" if ja else "Prompt, tokens in a step")
    chunks = list(report.lines[0].measured.speed.prompt)
    for chunk in chunks:
        table.add_column(str(chunk), justify="right")
    for line in report.lines:
        prompt = line.measured.speed.prompt
        best = report.batch[line.id]
        marked = (f"{prompt[chunk]:.1f}" + (" *" if chunk == best else "  ") for chunk in chunks)
        table.add_row(line.id, *marked)
    return table


def _verdict(report: Report, ja: bool) -> list[str]:
    lines = {line.id: line for line in report.lines}
    said = [
        _best(report, lines[report.one], 1, ja),
        _best(report, lines[report.many], report.users, ja),
    ]
    if max(line.measured.speed.spread for line in report.lines) > RESTLESS:
        said.append(
            "計測中にほかの処理が動いていました。速さは目安です。空いているときに測り直してください。"
            if ja
            else "Something else worked on this machine meanwhile: speeds are rough. "
            "Measure again when it is idle."
        )
    return said


def _best(report: Report, line: Line, users: int, ja: bool) -> str:
    base = report.lines[0]
    ratio = line.measured.speed.decode[users] / base.measured.speed.decode[users]
    detail = ""
    if line.id != base.id:
        detail = f"{ratio:.2f} 倍" if ja else f"{ratio:.2f} times as fast as {base.id}"
        if quality := line.measured.quality:
            loss = f"{quality.change * 100:+.1f}%"
            detail += f"、損失 {loss}" if ja else f", loss {loss}"
        detail = f"（{base.id} の {detail}）" if ja else f" ({detail})"
    if ja:
        return f"{users} 人に最適: {line.id}{detail}"
    return f"Best for {_users(users)}: {line.id}{detail}"


def _users(count: int) -> str:
    return "1 user" if count == 1 else f"{count} users"
