"""``vermeil corpus``: statistics, splits, joins, conversion and leaks of annotated files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vermeil.cli.ui.corpus_options import CorpusOptions, with_corpus_options
from vermeil.cli.ui.next_steps import command, print_end
from vermeil.cli.ui.options import AsJson, Overwrite
from vermeil.cli.ui.output import console, print_json, print_line, print_status, table
from vermeil.errors import ConfigError

if TYPE_CHECKING:
    from vermeil.corpora.reading import ReadReport

EXAMPLE = "Example: vermeil corpus stats gold.jsonl"

CONVERT = """Example: vermeil corpus convert gold.conll gold.jsonl

\b
Others:
  vermeil corpus convert label-studio:export.json gold.jsonl
  vermeil corpus convert gold.jsonl train.spacy
  vermeil corpus convert gold.jsonl datasets-tokens:gold-dataset
  vermeil corpus convert brat:annotated/ gold.parquet

Formats: jsonl, conll, tokens, text, parquet, datasets (Hugging Face; both also with -tokens: words
and tags instead of texts and spans), docbin (spaCy), brat, label-studio, doccano, prodigy,
argilla, webanno (INCEpTION).
"""

app = typer.Typer(
    no_args_is_help=True, help="Corpora: statistics, splits, joins, conversion, leaks."
)

File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="Corpus, or FORMAT:FILE (see convert); - is standard input."
    ),
]


@app.command("stats", epilog="Example: vermeil corpus stats gold.conll --tag-column 3")
@with_corpus_options()
def stats(
    file: File,
    *,
    options: CorpusOptions,
    as_json: AsJson = False,
) -> None:
    """Count documents, groups, labels, lengths and duplicates."""
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.cli.ui.reports import print_report
    from vermeil.corpora import read_corpus
    from vermeil.corpora.analysis.stats import corpus_stats

    corpus = corpus_config(file, **options)
    reading: list[ReadReport] = []
    report = corpus_stats(read_corpus(corpus, on_read=reading.append)).as_dict()
    if as_json:
        print_json({**report, "reading": reading[0].as_dict()})
    else:
        print_report(report, str(file))


@app.command("split", epilog="Example: vermeil corpus split all.jsonl train=0.8 test=0.2 -o parts")
@with_corpus_options()
def split(
    file: File,
    parts: Annotated[
        list[str],
        typer.Argument(metavar="NAME=SHARE…", help="Parts and their shares, which add up to 1."),
    ],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder of the parts; each is NAME.jsonl.")
    ] = Path(),
    seed: Annotated[int, typer.Option("--seed", help="Random seed.")] = 0,
    overwrite: Overwrite = False,
    options: CorpusOptions,
    as_json: AsJson = False,
) -> None:
    """Split a corpus between groups, with the same share of documents and labels."""
    from vermeil.cli.ui.inputs import corpus_config, parse_shares
    from vermeil.corpora import read_corpus, write_corpus
    from vermeil.corpora.analysis.split import split_corpus
    from vermeil.corpora.analysis.stats import corpus_stats
    from vermeil.data.written import check_file

    corpus = corpus_config(file, **options)
    shares = parse_shares(parts)
    for name in shares:
        check_file(output / f"{name}.jsonl", overwrite=overwrite)
    divided = split_corpus(read_corpus(corpus), shares, seed)
    report = {}
    for name, documents in divided.items():
        path = output / f"{name}.jsonl"
        write_corpus(documents, path, overwrite=overwrite)
        report[name] = {"path": str(path), **corpus_stats(documents).as_dict()}
    if as_json:
        print_json(report)
        return
    _print_parts(report)
    named = " and ".join(f"corpora.{name}" for name in report)
    print_end(steps=[f"set {named} in vermeil.toml, then: vermeil check"])


def _print_parts(report: Mapping[str, Any]) -> None:
    labels = sorted({label for part in report.values() for label in part["spans"]})
    columns = ("part", "documents", "groups", *labels, "file")
    console().print(
        table(
            "",
            columns,
            [
                (
                    name,
                    p["documents"],
                    p["groups"],
                    *(p["spans"].get(k, 0) for k in labels),
                    p["path"],
                )
                for name, p in report.items()
            ],
        )
    )


@app.command("join", epilog="Example: vermeil corpus join gold.jsonl corrected.jsonl -o all.jsonl")
@with_corpus_options()
def join(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Annotated corpora, oldest first.")
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="Output file, or FORMAT:OUTPUT.")],
    overwrite: Overwrite = False,
    options: CorpusOptions,
    as_json: AsJson = False,
) -> None:
    """Join annotated files, for example gold and corrected silver.

    Of documents with the same id and text, the one of the last file is kept. The same id with
    another text is an error.
    """
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.corpora import read_corpus, write_corpus
    from vermeil.corpora.analysis.join import join_corpora
    from vermeil.data.written import check_file

    target = corpus_config(output)
    check_file(target.path, overwrite=overwrite)
    corpora = {str(path): read_corpus(corpus_config(path, **options)) for path in files}
    documents, report = join_corpora(corpora)
    write_corpus(documents, target.path, target.format, overwrite=overwrite)
    if as_json:
        print_json(report.as_dict())
        return
    for name, number in report.read.items():
        print_status(f"read: {name}, {number:,} documents")
    print_status(f"replaced by a later file (same id and text): {report.replaced:,}")
    if report.same_text:
        print_status(f"kept, although another id has the same text: {report.same_text:,}")
    parts = ("train=0.8", "test=0.2", "--output", "gold")
    print_end(
        [f"{target.path}, {report.written:,} documents"], [command("corpus split", output, *parts)]
    )


@app.command("convert", epilog=CONVERT)
@with_corpus_options()
def convert(
    file: File,
    output: Annotated[
        Path,
        typer.Argument(metavar="OUTPUT", help="Output file, or FORMAT:OUTPUT; .gz compresses."),
    ],
    *,
    to: Annotated[
        str,
        typer.Option(
            "--to", help="Format of OUTPUT; auto uses the prefix or the file name extension."
        ),
    ] = "auto",
    to_scheme: Annotated[
        str, typer.Option("--to-scheme", help="Tag scheme of OUTPUT: iob1, iob2 or bioes.")
    ] = "iob2",
    overwrite: Overwrite = False,
    options: CorpusOptions,
    as_json: AsJson = False,
) -> None:
    """Convert a corpus; counts what the reader skipped and what OUTPUT cannot hold."""
    from collections import Counter

    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.corpora import read_corpus, write_corpus
    from vermeil.corpora.unread import counting_unread, describe_unread

    corpus = corpus_config(file, **options)
    target = corpus_config(output, format=to, scheme=to_scheme)
    if target.scheme == "io":
        raise ConfigError("--to-scheme: io is read but not written; expected iob1, iob2 or bioes")
    to_be_written = "iob2" if target.scheme == "auto" else target.scheme
    unread: Counter[str] = Counter()
    reading: list[ReadReport] = []
    documents = counting_unread(read_corpus(corpus, on_read=reading.append), unread)
    report = write_corpus(documents, target.path, target.format, to_be_written, overwrite=overwrite)
    if as_json:
        found = {"unread": dict(sorted(unread.items())), "reading": reading[0].as_dict()}
        print_json({**report.as_dict(), **found})
        return
    print_status(f"wrote {report.written:,} of {report.documents:,} documents to {target.path}")
    for name, number in sorted(unread.items()):
        print_status(describe_unread(name, number))
    for name, number in report.losses.items():
        print_status(f"lost: {name.replace('_', ' ')} {number:,}")
    print_end(steps=[command("corpus stats", output)])


@app.command("abstain", epilog="Example: vermeil corpus abstain old.jsonl new.jsonl -l EVENT")
@with_corpus_options()
def abstain(
    file: File,
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="JSONL file to write.")],
    *,
    labels: Annotated[
        list[str],
        typer.Option("--labels", "-l", metavar="LABEL", help="Unknown labels. Repeatable."),
    ],
    overwrite: Overwrite = False,
    options: CorpusOptions,
) -> None:
    """Mark labels as unknown in every document of a corpus that does not have them."""
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.corpora import read_corpus, write_corpus
    from vermeil.data.document import LabelAbstention, with_abstention

    unknown = LabelAbstention(tuple(labels))
    documents = list(read_corpus(corpus_config(file, **options)))
    marked = [with_abstention(document, unknown) for document in documents]
    report = write_corpus(marked, output, "jsonl", overwrite=overwrite)
    number = sum(a is not b for a, b in zip(documents, marked, strict=True))
    print_status(
        f"wrote {report.written:,} documents to {output}; {number:,} are unknown for "
        f"{', '.join(unknown.labels)}"
    )


@app.command("leaks", epilog="Example: vermeil corpus leaks train.jsonl test.jsonl")
@with_corpus_options("LEFT", "RIGHT")
def leaks(
    left: Annotated[Path, typer.Argument(metavar="LEFT", help="Training corpus.")],
    right: Annotated[Path, typer.Argument(metavar="RIGHT", help="Test corpus.")],
    threshold: Annotated[
        float, typer.Option("--threshold", help="Smallest similarity of near duplicates.")
    ] = 0.8,
    *,
    options: CorpusOptions,
    as_json: AsJson = False,
) -> None:
    """Find texts of RIGHT that are in LEFT, too, exactly or nearly."""
    from vermeil.cli.ui.inputs import corpus_config
    from vermeil.corpora import read_corpus
    from vermeil.corpora.analysis.leaks import find_leaks
    from vermeil.data.visible import visible_line

    reading: list[ReadReport] = []
    left_documents, right_documents = (
        read_corpus(corpus_config(path, **options), on_read=reading.append, with_tags=False)
        for path in (left, right)
    )
    report = find_leaks(left_documents, right_documents, threshold)
    if as_json:
        print_json({**report.as_dict(), "reading": [one.as_dict() for one in reading]})
        return
    print_line(report.describe(str(left), str(right)))
    for leak in (*report.exact, *report.near):
        print_line(visible_line(f"{leak.right} ~ {leak.left} ({leak.similarity:.2f})"))
