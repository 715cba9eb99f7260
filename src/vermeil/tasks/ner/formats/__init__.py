"""Reply formats by name: one module each, with instruction, renderer and parser.

Parsers are tolerant: complete items are kept, losses are noted, and nothing is completed or
guessed. The result for a reply without an answer in the format is None, never "no entities". A
reply means "no entities" only in the form that the instruction names.
"""

from __future__ import annotations

from vermeil.tasks.ner.formats import (
    at_marks,
    html_spans,
    json_entities,
    json_labels,
    json_surfaces,
    lines,
    markdown_links,
    reasons,
    token_indices,
    token_lines,
    xml_tags,
)
from vermeil.tasks.ner.formats.detect import parse_any
from vermeil.tasks.ner.formats.prose import without_reasoning
from vermeil.tasks.ner.reply_format import ParsedReply, Question, ReplyFormat

DETECT = "detect"
"""Name of the format with the instruction of `DEFAULT` and a parser for every format."""
DEFAULT = "json"

REPLY_FORMATS: dict[str, ReplyFormat] = {
    "json": ReplyFormat(
        json_entities.instruction,
        json_entities.render_reply,
        json_entities.parse_reply,
        is_json_line=True,
        schema=json_entities.schema,
    ),
    "json_occurrence": ReplyFormat(
        json_entities.instruction_with_occurrence,
        json_entities.render_with_occurrence,
        json_entities.parse_reply,
        is_json_line=True,
        schema=json_entities.schema_with_occurrence,
    ),
    "json_list": ReplyFormat(
        json_entities.instruction_for_list,
        json_entities.render_list,
        json_entities.parse_list,
        is_json_line=True,
    ),
    "json_surfaces": ReplyFormat(
        json_surfaces.instruction,
        json_surfaces.render_reply,
        json_surfaces.parse_reply,
        is_json_line=True,
    ),
    "json_labels": ReplyFormat(
        json_labels.instruction,
        json_labels.render_reply,
        json_labels.parse_reply,
        is_json_line=True,
    ),
    "token_indices": ReplyFormat(
        token_indices.instruction,
        token_indices.render_reply,
        json_entities.parse_list,
        is_json_line=True,
    ),
    "token_lines": ReplyFormat(
        token_lines.instruction,
        token_lines.render_reply,
        token_lines.parse_reply,
        holds_overlaps=False,
    ),
    "lines": ReplyFormat(lines.instruction, lines.render_reply, lines.parse_reply),
    "reasons": ReplyFormat(reasons.instruction, reasons.render_reply, reasons.parse_reply),
    "xml_tags": ReplyFormat(xml_tags.instruction, xml_tags.render_reply, xml_tags.parse_reply),
    "html_spans": ReplyFormat(
        html_spans.instruction,
        html_spans.render_reply,
        html_spans.parse_reply,
        holds_overlaps=False,
    ),
    "markdown_links": ReplyFormat(
        markdown_links.instruction,
        markdown_links.render_reply,
        markdown_links.parse_reply,
        holds_overlaps=False,
    ),
    "at_marks": ReplyFormat(
        at_marks.instruction,
        at_marks.render_reply,
        at_marks.parse_reply,
        single_label=True,
        holds_overlaps=False,
    ),
}
"""Every reply format by its name in ``task.reply_format``."""


def prompt_format(name: str) -> ReplyFormat:
    """Return the format of the instruction for a name in ``task.reply_format``."""
    return REPLY_FORMATS[DEFAULT if name == DETECT else name]


def parse_reply(name: str, reply: str, question: Question) -> ParsedReply | None:
    """Return the content of a reply; None if it holds no answer.

    Args:
        name: a key of `REPLY_FORMATS`, or `DETECT` for any format.
        reply: the reply, verbatim.
        question: the request behind the reply.
    """
    parse = parse_any if name == DETECT else REPLY_FORMATS[name].parse
    return parse(without_reasoning(reply, question.text), question)
