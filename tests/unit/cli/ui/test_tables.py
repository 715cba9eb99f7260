import io

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from vermeil.cli.ui.output import table

COLUMNS = ("", "F1", "95 %", "precision", "recall", "unparsable", "tokens per 1,000", "p95 s")


def printed(
    width: int, columns: tuple[str, ...], rows: list[tuple[object, ...]], *words: str
) -> str:
    file = io.StringIO()
    Console(file=file, width=width, color_system=None).print(table("title", columns, rows, words))
    return file.getvalue()


def variants(name: str) -> list[tuple[object, ...]]:
    return [(name, 0.831, "0.801–0.861", 0.8, 0.9, "4.5 %", "1,234,567", "3.45")] * 2


def test_wide_table_of_numbers_is_split_and_its_rows_are_numbered() -> None:
    text = printed(80, COLUMNS, variants("qwen3:8b, chain_of_thought, no demonstrations"))
    lines = text.splitlines()
    assert lines[1].rstrip() == "1  qwen3:8b, chain_of_thought, no demonstrations"
    assert [line.split()[0] for line in lines[4:6]] == ["1", "2"]
    for cell in ("0.801–0.861", "tokens per 1,000", "1,234,567", "p95 s"):
        assert cell in text


def test_short_first_column_is_repeated() -> None:
    lines = printed(50, COLUMNS, variants("PER")).splitlines()
    assert sum(line.split()[0] == "PER" for line in lines) >= 4


def test_wide_table_of_words_becomes_paragraphs_with_whole_ids() -> None:
    columns = ("status", "id", "surface", "found text", "distance")
    row = ("fuzzy", "letter-017.003", "metoprolol tartrate " * 2, "Metoprolol", 2)
    text = printed(80, columns, [row], "id", "surface", "found text")
    assert "fuzzy: id letter-017.003" in text
    assert "distance 2" in text


def test_table_that_fits_is_one_table() -> None:
    lines = printed(120, COLUMNS, variants("PER")).splitlines()
    assert len(lines) == 4


@given(st.integers(30, 120), st.lists(st.integers(0, 10**9), min_size=1, max_size=12))
def test_no_line_is_wider_than_the_terminal_and_no_value_is_lost(
    width: int, values: list[int]
) -> None:
    columns = ("label", *(f"column {i}" for i in range(len(values))))
    text = printed(width, columns, [("PER", *values)])
    assert max(map(len, text.splitlines())) <= width
    assert all(str(value) in text for value in values)
