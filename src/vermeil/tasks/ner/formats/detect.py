"""Format detect: parse a reply in any format."""

from __future__ import annotations

from vermeil.tasks.ner.formats import at_marks, lines, markdown_links, reasons, token_lines
from vermeil.tasks.ner.formats.element_lists import parse_copy_or_list
from vermeil.tasks.ner.formats.elements import may_hold_elements
from vermeil.tasks.ner.formats.json_answers import parse_json
from vermeil.tasks.ner.formats.json_entities import read_list, read_object, read_single
from vermeil.tasks.ner.formats.json_labels import read_known_labels
from vermeil.tasks.ner.formats.json_surfaces import read_known_surfaces
from vermeil.tasks.ner.formats.lines import parse_no_entities
from vermeil.tasks.ner.formats.tables import parse_tables
from vermeil.tasks.ner.formats.yaml_answers import parse_yaml
from vermeil.tasks.ner.reply_format import ParsedReply, Question

_SHAPES = (read_object, read_list, read_single, read_known_labels, read_known_surfaces)


def parse_any(reply: str, question: Question) -> ParsedReply | None:
    """Return the content of a reply in the best matching format; None if no format matches.

    A format with a requested label precedes a format with other labels only, which precedes a
    format with an empty answer.
    """
    found = [parsed for parsed in _parse_in_all_formats(reply, question) if parsed is not None]
    for parsed in found:
        if parsed.problem is not None:
            return parsed
        if any(question.labels.normalise(label) is not None for label in parsed.labels):
            return parsed
    return next((parsed for parsed in found if not parsed.is_empty), found[0] if found else None)


def _parse_in_all_formats(reply: str, question: Question) -> list[ParsedReply | None]:
    one_label = len(question.labels.names) == 1
    inline = [
        parse_copy_or_list(reply, question) if may_hold_elements(reply) else None,
        markdown_links.parse_reply(reply, question) if "](" in reply else None,
        at_marks.parse_reply(reply, question) if one_label and "@@" in reply else None,
    ]
    return [
        parse_json(reply, question, _SHAPES),
        # A copy of the text without any tag is no answer: the prompt may not have requested tags.
        *(parsed for parsed in inline if parsed is not None and not parsed.is_empty),
        reasons.parse_reply(reply, question),
        token_lines.parse_reply(reply, question),
        parse_tables(reply, question) if "|" in reply or "\t" in reply else None,
        parse_yaml(reply, question) if ":" in reply else None,
        lines.parse_reply(reply, question),
        parse_no_entities(reply, question),
    ]
