"""What the lab prints."""

from io import StringIO

from rich.console import Console

from lab.show import FoldingMarkdown


def test_no_cell_of_a_table_is_cut() -> None:
    """An identifier without its end is of no use in the next command."""
    words = [f"AL6KXOGLy8b{number}" for number in range(9)]
    head, rule, row = (f"|{'|'.join(cells)}|" for cells in (["name"] * 9, ["---"] * 9, words))
    screen = Console(width=80, record=True, file=StringIO())
    screen.print(FoldingMarkdown("\n".join((head, rule, row))))
    text = screen.export_text()
    assert "…" not in text
    assert sum(text.count(letter) for letter in "KXOG") == sum(
        word.count(letter) for word in words for letter in "KXOG"
    )
