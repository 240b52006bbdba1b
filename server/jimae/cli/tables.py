"""Lists on a terminal: a table where it fits, and where it does not, each row on lines of its own.

A column is never left out and what has to be read whole is never cut: a narrow terminal shows
`heading: value` instead, as many to a line as it holds.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from jimae.cli.console import printable

if TYPE_CHECKING:
    from rich.console import Console

# The width of a table where there is no terminal to ask.
WIDE: Final = 150
GAP: Final = 2
# A column that wraps is read no narrower than this.
LEAST: Final = 10
INDENT: Final = "  "
BETWEEN: Final = "   "


class Column(NamedTuple):
    """`whole`: what one types or compares, such as a name or a day, is not wrapped."""

    heading: str
    whole: bool = False
    right: bool = False


def wide() -> Console:
    """Standard output, as wide as its terminal, and wide enough for any table without one."""
    from rich.console import Console

    told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, width=None if told else WIDE)


def show(
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    *,
    title: str = "",
    total: bool = False,
) -> None:
    """Print rows with as many cells as there are columns; the last one in bold if it is a
    `total`. The first column is what a row is called by."""
    from rich.text import Text

    console = wide()
    cells = [[_one_line(printable(cell)) for cell in row] for row in rows]
    widths = fitting(columns, cells, console.width)
    if title:
        console.print(Text(title, "italic"))
    if widths is not None:
        _print_table(console, columns, cells, widths, total)
        return
    for row in cells:
        console.print(Text(row[0], "bold"), soft_wrap=True)
        for line in filled(columns, row, console.width):
            console.print(Text(line), soft_wrap=True)


def fitting(
    columns: Sequence[Column], cells: Sequence[Sequence[str]], width: int
) -> list[int] | None:
    """How wide each column of a table of `width` is; None if it holds no table of these."""
    from rich.cells import cell_len

    headings = [cell_len(column.heading) for column in columns]
    wanted = [
        max(heading, *(cell_len(row[at]) for row in cells)) if cells else heading
        for at, heading in enumerate(headings)
    ]
    widths = [
        most if column.whole or column.right else max(heading, min(most, LEAST))
        for column, most, heading in zip(columns, wanted, headings, strict=True)
    ]
    spare = width - sum(widths) - GAP * (len(columns) - 1)
    if spare < 0:
        return None
    while spare and widths != wanted:
        short = [most - now for most, now in zip(wanted, widths, strict=True)]
        widths[short.index(max(short))] += 1
        spare -= 1
    return widths


def filled(columns: Sequence[Column], row: Sequence[str], width: int) -> list[str]:
    """All but the first cell of a row with their headings, on indented lines of `width`; what
    is longer by itself has a line of its own. Empty cells say nothing."""
    from rich.cells import cell_len

    lines: list[str] = []
    line = ""
    for column, cell in zip(columns[1:], row[1:], strict=True):
        if not cell:
            continue
        said = f"{column.heading}: {cell}"
        longer = f"{line}{BETWEEN}{said}" if line else INDENT + said
        if line and cell_len(longer) > width:
            lines.append(line)
            longer = INDENT + said
        line = longer
    return [*lines, line] if line else lines


def _print_table(
    console: Console,
    columns: Sequence[Column],
    cells: Sequence[Sequence[str]],
    widths: Sequence[int],
    total: bool,
) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for column, width in zip(columns, widths, strict=True):
        table.add_column(
            Text(column.heading),
            width=width,
            no_wrap=column.whole,
            overflow="fold",
            justify="right" if column.right else "left",
        )
    for row in cells:
        style = "bold" if total and row is cells[-1] else ""
        table.add_row(*(Text(cell, style) for cell in row))
    console.print(table)


def _one_line(text: str) -> str:
    return re.sub(r"[\n\t]", " ", text)
