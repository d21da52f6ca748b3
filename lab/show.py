"""What the lab's commands print: plain values as tables and panels. Knows neither half of the lab."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Markdown, TableElement
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

WIDTH = 112
SEVERITIES = {
    0: ("Unknown", "dim"),
    1: ("Low", "green"),
    2: ("Medium", "yellow"),
    3: ("High", "dark_orange"),
    4: ("Critical", "bold red"),
}
# A terminal's picture without a font from elsewhere: the viewer's own monospace will do.
SVG_FONT = "ui-monospace, 'Cascadia Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace"


class FoldedTable(TableElement):
    """A table of a Markdown text whose narrow cells break over lines, since a cut identifier is of no use."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table, no cell of it cut."""
        for made in super().__rich_console__(console, options):
            for column in made.columns if isinstance(made, Table) else ():
                column.overflow = "fold"
            yield made


class FoldingMarkdown(Markdown):
    """Markdown with such tables."""

    elements: ClassVar = {**Markdown.elements, "table_open": FoldedTable}


class Screen:
    """A console with the few shapes that the lab shows; `record` keeps the output for a picture."""

    def __init__(self, record: bool = False) -> None:
        self.console = Console(width=WIDTH, record=record, highlight=False, force_terminal=True if record else None)

    def banner(self, title: str, lines: Iterable[str]) -> None:
        """The first thing a person sees."""
        self.console.print(Panel("\n".join(lines), title=f"[bold]{title}[/]", box=ROUNDED, border_style="cyan"))

    def chapter(self, number: int, title: str) -> None:
        """A numbered heading."""
        self.console.print()
        self.console.rule(f"[bold cyan]{number}[/]  [bold]{title}[/]", align="left", style="cyan")

    def say(self, text: str) -> None:
        """A line of prose."""
        self.console.print(text)

    def verdict(self, good: bool, label: str, text: str) -> None:
        """One checked thing: a mark, what it was, what came of it."""
        mark = Text(" ✔ " if good else " ✘ ", style="bold green" if good else "bold red")
        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=3)
        grid.add_column(width=22)
        grid.add_column(ratio=1)
        grid.add_row(mark, Text(label, style="bold"), Text(text))
        self.console.print(grid)

    def table(self, title: str, rows: Sequence[Mapping[str, Any]], styles: Mapping[str, str] | None = None) -> None:
        """Rows that share their keys, as a table; a `Severity` number becomes its coloured word."""
        table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", expand=False)
        for header in rows[0] if rows else ("nothing",):
            table.add_column(header, style=(styles or {}).get(header, ""), overflow="fold")
        for row in rows:
            table.add_row(
                *(severity(value) if key == "Severity" else Text(text_of(value)) for key, value in row.items())
            )
        self.console.print(table)

    def fields(self, title: str, pairs: Iterable[tuple[str, Any]]) -> None:
        """Names and values of one thing."""
        table = Table(title=title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", show_header=False)
        table.add_column(style="cyan", width=30)
        table.add_column(overflow="fold")
        for name, value in pairs:
            table.add_row(name, severity(value) if name == "Severity" else Text(text_of(value)))
        self.console.print(table)

    def command(self, line: str, markdown: str, error: bool = False) -> None:
        """A war-room command and the entry that it left."""
        self.console.print(Text(f"\n› {line}", style="bold magenta"))
        self.entry(markdown, error)

    def entry(self, markdown: str, error: bool = False) -> None:
        """An entry of the war room."""
        body: Any = Text(markdown) if error else FoldingMarkdown(markdown)
        self.console.print(Panel(body, box=ROUNDED, border_style="red" if error else "green"))

    def plain(self, text: str) -> None:
        """A text as it is, markup and all."""
        self.console.print(Text(text))

    def aside(self, text: str) -> None:
        """What the other side sees after a command."""
        self.console.print(Text(f"   ↳ {text}", style="yellow"))

    def progress(self, title: str, steps: Iterable[Any]) -> Iterator[Any]:
        """The steps one by one, with a bar. It draws between steps only: a step's own output is watched by the host."""
        columns = (TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn())
        bar = Progress(*columns, console=self.console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
        items = list(steps)
        if self.console.record:  # a picture holds still
            yield from items
            self.say(f"{title}: {len(items)} of {len(items)}")
            return
        with bar:
            task = bar.add_task(title, total=len(items))
            for item in items:
                yield item
                bar.update(task, advance=1, refresh=True)

    def save_picture(self, path: Path, title: str) -> None:
        """All that was shown so far, as an SVG file that loads nothing from elsewhere."""
        svg = self.console.export_svg(title=title)
        start, end = svg.index("@font-face"), svg.rindex("@font-face")
        end = svg.index("}", end) + 1
        svg = svg[:start] + svg[end:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            svg.replace("Fira Code, monospace", SVG_FONT).replace("Fira Code", "monospace"), encoding="utf-8"
        )


def severity(value: Any) -> Text:
    """A severity number as its coloured word."""
    word, style = SEVERITIES.get(int(value), (str(value), ""))
    return Text(word, style=style)


def text_of(value: Any) -> str:
    """A value as a person reads it."""
    if isinstance(value, list):
        return "\n".join(text_of(item) for item in value)
    if isinstance(value, dict):
        return " · ".join(text_of(item) for item in value.values() if item not in (None, "", []))
    return "" if value is None else str(value)
