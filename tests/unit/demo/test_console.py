import io
from pathlib import Path

from rich.console import Console

from vermeil.data.document import Annotation, Document, Span
from vermeil.demo.console import DemoConsole, mark_spans

LABELS = ("PER", "ORG", "LOC", "MISC", "SHIP")


def demo_console(width: int = 200) -> tuple[DemoConsole, io.StringIO]:
    written = io.StringIO()
    return DemoConsole(Console(file=written, width=width)), written


def test_spans_are_marked_with_label_and_score_and_the_rest_of_the_text_is_kept() -> None:
    spans = (Span(0, 3, "PER", score=0.987), Span(12, 16, "LOC"))
    document = Document("1", "Ada flew to Riga.", annotation=Annotation(spans=spans))
    assert mark_spans(document, LABELS).plain == "[Ada PER 0.99] flew to [Riga LOC]."


def test_a_text_without_spans_is_shown_as_it_is() -> None:
    assert mark_spans(Document("1", "It rained."), LABELS).plain == "It rained."


def test_more_labels_than_colours_are_no_trouble() -> None:
    document = Document("1", "Aurora", annotation=Annotation(spans=(Span(0, 6, "SHIP"),)))
    assert mark_spans(document, LABELS).plain == "[Aurora SHIP]"


def test_markup_in_a_text_is_shown_and_not_obeyed() -> None:
    demo, written = demo_console()
    demo.tagged([Document("1", "the [bold]Aurora[/bold]")], LABELS)
    assert "the [bold]Aurora[/bold]" in written.getvalue()


def test_places_and_commands_stay_on_one_line_however_narrow_the_terminal(tmp_path: Path) -> None:
    demo, written = demo_console(width=40)
    path = tmp_path / ("long-" * 20) / "report.html"
    demo.paths({"report": path})
    demo.commands([f"vermeil predict {path} -"])
    assert [line.split()[-1] for line in written.getvalue().splitlines()] == [str(path), "-"]


def test_paragraphs_are_not_wider_than_can_be_read() -> None:
    demo, written = demo_console(width=300)
    demo.paragraph("word " * 100)
    assert max(map(len, written.getvalue().splitlines())) <= 96
