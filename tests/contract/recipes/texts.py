"""Recipes of prompts, reply formats, corpora and verbs."""

from tests.contract.recipes.recipe import Edit, Recipe

PROMPT = Recipe(
    heading="Add a prompt",
    edits=(
        Edit(
            "tasks/ner/prompts.py",
            '\n"""Instruction of each prompt for the text before the answer',
            '\nPROMPTS["two_readings"] = "Read the text twice, then give the answer."',
        ),
    ),
    script="""
from vermeil import TaskConfig, make_task

task = make_task(TaskConfig(labels={"PER": {}}))
assert "two_readings" in task.prompts
messages = task.render("two_readings", "Bo saw Rome")
assert any("Read the text twice" in message["content"] for message in messages)
assert messages[-1]["content"].endswith("\\nBo saw Rome")
""",
)

REPLY_FORMAT = Recipe(
    heading="Add a reply format",
    files={
        "tasks/ner/formats/arrows.py": '''"""Format arrows, ``Ann -> PER``: one entity per line."""

from __future__ import annotations

from vermeil.data.mention import Mention
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.marked_text import InlineMarkedText
from vermeil.tasks.ner.reply_format import ParsedReply, Question


def instruction(labels: LabelSet) -> str:
    """Return the instruction for the answer's format."""
    return f"Write a line 'entity -> LABEL' for each entity; {labels.quoted()}. If none: None"


def render_reply(marked: InlineMarkedText) -> str:
    """Return one line per mark."""
    return "\\n".join(f"{marked.surface(m)} -> {m.label}" for m in marked.marks) or "None"


def parse_reply(reply: str, question: Question) -> ParsedReply | None:
    """Return the entities of the lines."""
    pairs = [line.rsplit(" -> ", 1) for line in reply.splitlines() if " -> " in line]
    if not pairs and reply.strip() != "None":
        return None
    return ParsedReply(tuple(Mention(*pair) for pair in pairs))
'''
    },
    edits=(
        Edit("tasks/ner/formats/__init__.py", "    at_marks,\n", "    arrows,\n"),
        Edit(
            "tasks/ner/formats/__init__.py",
            '    "at_marks": ReplyFormat(',
            '    "arrows": ReplyFormat(\n'
            "        arrows.instruction, arrows.render_reply, arrows.parse_reply\n    ),\n",
        ),
        Edit("tasks/config.py", '    "at_marks",\n', '    "arrows",\n'),
    ),
    script="""
from vermeil import Annotation, Document, Span, TaskConfig, make_task
from vermeil.data.reply import Reply

task = make_task(TaskConfig(labels={"PER": {}, "LOC": {}}, reply_format="arrows"))
example = Document("d", "Ann left", annotation=Annotation((Span(0, 3, "PER"),)))
messages = task.render("standard", "Bo saw Rome", [example])
assert any(message["content"] == "Ann -> PER" for message in messages)
read = task.read("Bo saw Rome", Reply("Bo -> PER\\nRome -> LOC"))
assert [span.key for span in read.annotation.spans] == [(0, 2, "PER"), (7, 11, "LOC")]
assert task.read("Bo saw Rome", Reply("None")).annotation.spans == ()
""",
)

CORPUS_FORMAT = Recipe(
    heading="Add a corpus format",
    files={
        "corpora/formats/labelled_lines.py": '''"""Format labelled-lines: label, tab, text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vermeil.corpora.config import CorpusConfig
from vermeil.corpora.reading import Reading
from vermeil.corpora.source import Line, LocatedDocument, stem_of
from vermeil.corpora.target import WriteTarget
from vermeil.data.document import Annotation, Document
from vermeil.errors import DataError


def read_labelled_lines(
    config: CorpusConfig, lines: Iterable[Line], _: Reading
) -> Iterator[LocatedDocument]:
    """Read one document per line."""
    for line in lines:
        label, tab, text = line.text.rstrip("\\n").partition("\\t")
        if not tab:
            raise DataError("expected LABEL, a tab and a text", config.path, line.number)
        name, labels = f"{stem_of(config.path)}:{line.number}", Annotation(labels=(label,))
        yield LocatedDocument(config.path, line.number, Document(name, text, annotation=labels))


def labelled_lines(documents: Iterable[Document], to: WriteTarget) -> Iterator[str]:
    """Yield a line per document with one label."""
    for document in documents:
        if document.labels is None or len(document.labels) != 1:
            to.losses["unwritable"] += 1
            continue
        yield f"{document.labels[0]}\\t{document.text}\\n"
'''
    },
    edits=(
        Edit(
            "corpora/formats/registry.py",
            "from vermeil.corpora.formats.tables import",
            "from vermeil.corpora.formats.labelled_lines import "
            "labelled_lines, read_labelled_lines\n",
        ),
        Edit(
            "corpora/formats/registry.py",
            '    "text": CorpusFormat(',
            '    "labelled-lines": CorpusFormat(\n'
            "        read=read_labelled_lines, write=_text_writer(labelled_lines), "
            'endings=(".lab",)\n    ),\n',
        ),
        Edit("corpora/config.py", '    "documents",\n]', '    "labelled-lines",\n'),
    ),
    script="""
import subprocess, sys, tempfile
from pathlib import Path
import vermeil
from vermeil import Annotation, Document

with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "news.lab")
    weather = Annotation(labels=("weather",))
    documents = [Document("a", "It rained", annotation=weather), Document("b", "Who knows")]
    report = vermeil.write_corpus(documents, path)
    assert report.written == 1 and report.losses == {"unwritable": 1}
    (document,) = vermeil.read_corpus(path)
    assert (document.text, document.labels) == ("It rained", ("weather",))
    converted = Path(folder, "news.jsonl")
    command = [sys.executable, "-m", "vermeil", "corpus", "convert", str(path)]
    subprocess.run([*command, str(converted)], check=True, capture_output=True)
    assert "weather" in converted.read_text()
    path.write_text("no tab\\n")
    try:
        list(vermeil.read_corpus(path))
    except vermeil.errors.DataError as error:
        assert "news.lab" in str(error) and "tab" in str(error)
    else:
        raise AssertionError("a broken line was accepted")
""",
)

ANNOTATION_TOOL = Recipe(
    heading="Add an annotation tool",
    files={
        "corpora/tools/jotter.py": '''"""Format of a made-up tool, with notes and marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vermeil.corpora.tools.answers import Answer, AnsweredText
from vermeil.corpora.tools.extras import KEY, extras_of
from vermeil.corpora.tools.json_fields import list_at, text_at
from vermeil.data.document import Document, Span


def looks_like_jotter(record: Mapping[str, Any]) -> bool:
    """Return whether a JSON object is a note."""
    return "note" in record


def read_jotter(record: Mapping[str, Any], text_key: str | None = None) -> AnsweredText:
    """Return a note with its marks."""
    spans = [Span(*mark) for mark in list_at(record, "marks") or []]
    state = "done" if record.get("done") else "suggested"
    answer = Answer(state, spans)
    return AnsweredText(text_at(record, text_key or "note"), [answer], record.get(KEY))


def write_jotter(document: Document, suggest: bool) -> dict[str, Any]:
    """Return a document as a note."""
    marks = [[span.start, span.end, span.label] for span in document.spans or ()]
    return {"note": document.text, "marks": marks, "done": not suggest, KEY: extras_of(document)}
'''
    },
    edits=(
        Edit(
            "corpora/tools/registry.py",
            "from vermeil.corpora.tools.label_studio import",
            "from vermeil.corpora.tools.jotter import "
            "looks_like_jotter, read_jotter, write_jotter\n",
        ),
        Edit(
            "corpora/tools/registry.py",
            '    "doccano": Tool(',
            '    "jotter": Tool(read_jotter, write_jotter, looks_like_jotter),\n',
        ),
        Edit("corpora/config.py", '    "documents",\n]', '    "jotter",\n'),
    ),
    script="""
import json, subprocess, sys, tempfile
from pathlib import Path
import vermeil
from vermeil import Annotation, Document, Span

with tempfile.TemporaryDirectory() as folder:
    silver = Path(folder, "silver.jsonl")
    person = Annotation((Span(0, 2, "PER"),))
    vermeil.write_corpus([Document("a", "Bo saw Rome", annotation=person)], silver)
    notes = Path(folder, "notes.jsonl")
    vermeil_review = [sys.executable, "-m", "vermeil", "review"]
    command = [*vermeil_review, "export", str(silver), "--to", "jotter", "-o", str(notes)]
    subprocess.run(command, check=True, capture_output=True)
    note = json.loads(notes.read_text())
    assert not note["done"]
    note |= {"done": True, "marks": [*note["marks"], [7, 11, "LOC"]]}
    notes.write_text(json.dumps(note) + "\\n")
    gold = Path(folder, "gold.jsonl")
    command = [*vermeil_review, "import", str(notes), "--silver", str(silver), "-o", str(gold)]
    subprocess.run(command, check=True, capture_output=True)
    (document,) = vermeil.read_corpus(gold)
    assert [span.label for span in document.spans] == ["PER", "LOC"]
""",
)

VERB = Recipe(
    heading="Add a verb",
    files={
        "jobs/wordcount.py": '''"""Number of words of documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from vermeil.data.document import Document
from vermeil.data.words import words_of


@dataclass(frozen=True, slots=True)
class WordcountReport:
    """Result of `wordcount`.

    Args:
        documents: number of documents.
        words: number of their words.
    """

    documents: int
    words: int

    def as_dict(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return asdict(self)


def wordcount(documents: Iterable[Document]) -> WordcountReport:
    """Count the words of documents."""
    lengths = [len(words_of(document)) for document in documents]
    return WordcountReport(len(lengths), sum(lengths))
''',
        "cli/wordcount.py": '''"""``vermeil wordcount``: count the words of a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vermeil.cli.ui.options import AsJson
from vermeil.cli.ui.output import console, print_json

EXAMPLE = "Example: vermeil wordcount gold.jsonl"


def wordcount(
    corpus: Annotated[Path, typer.Argument(metavar="CORPUS", help="Documents.")],
    as_json: AsJson = False,
) -> None:
    """Count the words of a corpus."""
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.corpora import read_corpus
    from vermeil.jobs.wordcount import wordcount as job

    report = job(read_corpus(corpus_config(corpus)))
    if as_json:
        print_json(report.as_dict())
        return
    console().print(f"{report.words:,} words in {report.documents:,} documents")
''',
    },
    edits=(
        Edit("cli/app.py", "    tune,\n)", "    wordcount,\n"),
        Edit(
            "cli/app.py",
            'app.command("demo"',
            'app.command("wordcount", epilog=wordcount.EXAMPLE)(wordcount.wordcount)\n',
        ),
        Edit(
            "__init__.py",
            '    "vermeil.cluster.config": (',
            '    "vermeil.jobs.wordcount": ("WordcountReport", "wordcount"),\n',
        ),
    ),
    script="""
import json, subprocess, sys, tempfile
from pathlib import Path
import vermeil
from vermeil import Document

documents = [Document("a", "Bo saw Rome"), Document("b", "Hello")]
assert vermeil.wordcount(documents) == vermeil.WordcountReport(2, 4)
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder, "a.jsonl")
    vermeil.write_corpus(documents, path)
    command = [sys.executable, "-m", "vermeil", "wordcount", str(path), "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == {"documents": 2, "words": 4}
""",
)

RECIPES = (PROMPT, REPLY_FORMAT, CORPUS_FORMAT, ANNOTATION_TOOL, VERB)
