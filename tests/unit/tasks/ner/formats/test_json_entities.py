from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.data.mention import Mention
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats import REPLY_FORMATS, json_entities, parse_reply
from vermeil.tasks.ner.marked_text import InlineMark, InlineMarkedText
from vermeil.tasks.ner.reply_format import ParsedReply, Question

LABELS = LabelSet.from_config(TaskConfig(labels={"PER": {}, "LOC": {}}))
QUESTION = Question("Ann Lee saw New York , and Ann Lee left .", LABELS)
ANN, ROME = Mention("Ann", "PER"), Mention("Rome", "LOC")
ITEM = '{"text": "Ann", "label": "PER"}'
ROME_ITEM = '{"text": "Rome", "label": "LOC"}'


def read(text: str, name: str = "json") -> Any:
    return parse_reply(name, text, QUESTION)


surfaces = st.text(min_size=1).filter(lambda s: s.encode("utf-8", "ignore").decode() == s)
mention_lists = st.lists(
    st.builds(
        Mention,
        surfaces,
        st.sampled_from(["PER", "LOC", "nonsense"]),
        st.none() | st.integers(1, 9),
    )
)


def as_json(expected: list[Mention]) -> str:
    items = []
    for one in expected:
        item = {"text": one.surface, "label": one.label}
        items.append(item if one.occurrence is None else {**item, "occurrence": one.occurrence})
    return json.dumps({"entities": items}, ensure_ascii=False)


@given(expected=mention_lists)
def test_well_formed_json_is_read_exactly(expected: list[Mention]) -> None:
    whole = as_json(expected)
    assert read(whole) == ParsedReply(tuple(expected))
    assert read(f"Thinking {{of}} it:\n```json\n{whole}\n```\nThat is all.") == read(whole)
    assert read(json.dumps(json.loads(whole), indent=2)) == read(whole)
    assert read(json.dumps(json.loads(whole)["entities"]), "json_list") == read(whole)


@given(expected=mention_lists, data=st.data())
def test_a_truncated_answer_keeps_its_complete_entries_and_a_note(
    expected: list[Mention], data: st.DataObject
) -> None:
    whole = as_json(expected)
    parsed = read(whole[: data.draw(st.integers(0, len(whole) - 1))])
    if parsed is not None:
        assert parsed.mentions
        assert parsed.mentions == tuple(expected)[: len(parsed.mentions)]
        assert parsed.notes == {"truncated": 1} or parsed.mentions == tuple(expected)


@given(expected=mention_lists, data=st.data())
def test_a_cut_off_answer_is_not_replaced_by_a_draft_before_it(
    expected: list[Mention], data: st.DataObject
) -> None:
    whole = as_json(expected)
    cut = whole[: data.draw(st.integers(whole.index(":") + 1, len(whole) - 1))]
    parsed = read('If there is none: {"entities": []}\n' + cut)
    assert parsed is None or parsed.mentions


def test_the_prompt_of_the_format_stays_as_it_was_recorded() -> None:
    form = REPLY_FORMATS["json"]
    assert (
        form.position_instruction(False)
        == "Answer with one line of JSON; your whole reply is that line."
    )
    assert form.position_instruction(True) == (
        "Answer with one line of JSON; the last line of your reply is that line."
    )
    assert form.instruction(LABELS) == (
        'Format: {"entities": [{"text": "...", "label": "..."}]}\n"text" is the entity, copied '
        'exactly as it stands in the text. "label" is one of "PER", "LOC". List an entity once '
        "per time it occurs, in the order of the text. If there is none: "
        '{"entities": []}'
    )


@pytest.mark.parametrize("name", ["json", "json_occurrence", "json_list", "token_indices"])
def test_each_instruction_shows_an_empty_answer_that_the_parser_reads(name: str) -> None:
    instruction = REPLY_FORMATS[name].instruction(LABELS)
    assert read(instruction.rpartition("If there is none: ")[2], name) == ParsedReply()
    assert read(instruction, name) is None


@pytest.mark.parametrize(
    ("text", "is_answer"),
    [
        ("[]", True),
        ("I found none: []", True),
        ("The answer:\n[]\nI found none.", True),
        ("At the end of line 3 I found []\nand some words.", False),
        ("Here [] is a list.", False),
    ],
)
def test_an_empty_list_is_an_answer_at_the_end_or_on_a_line_of_its_own(
    text: str, is_answer: bool
) -> None:
    assert read(text, "json_list") == (ParsedReply() if is_answer else None)


@pytest.mark.parametrize(
    "text",
    [
        "There are none.",
        "No entities.",
        "null",
        "[]",
        "{}",
        "[[]]",
        '{"entities": null}',
        '{"entities": "none"}',
        '{"entities": ["Ann"]}',
        '{"entities": [{"text": "Ann"}]}',
        '{"entities": [{"text": "Ann", "label": null}, {"text": "", "label": "PER"}]}',
        '{"entities": []',
        '{"entities": [',
        '{"entities": [{"text": "Ann", "label": "PER"',
        '{"answer": "no list [], no object {}"}',
        '{"Ann": "PER"}',
        '{"PER": ["Ann"]}',
        "[1], [2] and [3]",
    ],
)
def test_what_is_not_the_shape_is_no_answer(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    "text",
    [
        f'{{"entities": [{ITEM}, {ROME_ITEM}]}}',
        f"[{ITEM}, {ROME_ITEM}]",
        f"{ITEM}\n{ROME_ITEM}",
        f'{{"answer": {{"entities": [{ITEM}, {ROME_ITEM}]}}, "sure": true}}',
        f"<think>Is it {{Ann}}? {ITEM}</think>\n[{ITEM}, {ROME_ITEM}]",
        f'{{"entities": []}} was a draft.\n```\n{{"entities": [{ITEM}, {ROME_ITEM}]}}\n```\nDone!',
        f'{{"entities": [{ITEM},\n  // a city\n  {ROME_ITEM}, /* no more */]}}',
        f'{{"entities": [{ITEM}, {ROME_ITEM},],}} # that is all',
        f'{{"entities": [{ITEM} {ROME_ITEM}]}}',
        f'{{"entities": [{ITEM}, {ROME_ITEM[:-1]}]}}',
        "{'entities': [{'text': 'Ann', 'label': 'PER'}, {'text': 'Rome', 'label': 'LOC'}]}",
        "{“entities”: [{“text”: “Ann”, “label”: “PER”}, {“text”: “Rome”, “label”: “LOC”}]}",
        "{”entities”: [{”text”: ”Ann”, ”label”: ”PER”}, {”text”: ”Rome”, ”label”: ”LOC”}]}",
        "{“entities“: [{“text“: “Ann“, “label“: “PER“}, {“text“: “Rome“, “label“: “LOC“}]}",
        "{„entities“: [{„text“: „Ann“, „label“: „PER“}, {„text”: „Rome”, „label”: „LOC”}]}",
        "{«entities»: [{«text»: «Ann», «label»: «PER»}, {«text»: «Rome», «label»: «LOC»}]}",
        "{’entities’: [{’text’: ’Ann’, ’label’: ’PER’}, {’text’: ’Rome’, ’label’: ’LOC’}]}",
        '{entities: [{text: "Ann", label: "PER"}, {text: "Rome", label: "LOC"}]}',
        '{"entities": [["Ann", "PER"], ("Rome", "LOC")]}',
        '{"Entities": [{"entity": "Ann", "type": "PER"}, {"name": "Rome", "Label": "LOC"}]}',
        '{"entities": [{"why": {"text": 1}, "text": "Ann", "label": "PER"}, ' + ROME_ITEM + "]}",
    ],
)
def test_near_misses_are_read(text: str) -> None:
    assert read(text) == ParsedReply((ANN, ROME))


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ('[{"text": "the "big" one", "label": "PER"}]', 'the "big" one'),
        ("[{'text': 'O'Brien's', 'label': 'PER'}]", "O'Brien's"),
        (r"""[{"text": "O\'Brien", "label": "PER"}]""", "O'Brien"),
        (r'[{"text": "a\\b\/\u00e9\n", "label": "PER"}]', "a\\b/é\n"),
        (r'[{"text": "\ud83d\ude00 \ud83d", "label": "PER"}]', "😀 \ufffd"),
        (r'[{"text": "C:\dir", "label": "PER"}]', "C:\\dir"),
        ('[{"text": "a, b: {c} [d]", "label": "PER"}]', "a, b: {c} [d]"),
    ],
)
def test_strings_are_read_as_they_were_meant(text: str, surface: str) -> None:
    assert read(text) == ParsedReply((Mention(surface, "PER"),))


@pytest.mark.parametrize(
    "text",
    [
        f'{{"entities": [{ITEM}, {{"text": "Ro',
        f'{{"entities": [{ITEM}, {{"text": "Rome", "label": "LOC"',
        f'{{"entities": [{ITEM}, ',
        f'{{"entities": [{ITEM}',
        f"[{ITEM}, ",
        f'{ITEM}\n{{"text": "Rome", "la',
        f'```json\n{{"entities": [{ITEM}, {{"text": "Ro\n```\nI hope "this" helps: [x]!',
    ],
)
def test_what_is_whole_before_the_cut_is_kept_and_the_loss_is_noted(text: str) -> None:
    assert read(text) == ParsedReply((ANN,), {"truncated": 1})


def test_malformed_entries_are_counted_and_the_others_kept() -> None:
    items = [{"text": "Ann", "label": "PER"}, "Rome", {"text": "Rome"}, {"text": 3, "label": "LOC"}]
    assert read(json.dumps({"entities": items})) == ParsedReply((ANN,), {"malformed": 3})


@pytest.mark.parametrize("number", [0, -1, True, 1.0, "2", None, [1]])
def test_an_occurrence_that_is_not_a_counting_number_is_not_heeded(number: Any) -> None:
    text = json.dumps({"entities": [{"text": "Ann", "label": "PER", "occurrence": number}]})
    assert read(text) == ParsedReply((ANN,))


def test_occurrences_are_rendered_as_the_text_has_them() -> None:
    marked = InlineMarkedText(QUESTION.text, (InlineMark(27, 34, "PER"), InlineMark(12, 20, "LOC")))
    assert json_entities.render_with_occurrence(marked) == (
        '{"entities": [{"text": "New York", "label": "LOC", "occurrence": 1}, '
        '{"text": "Ann Lee", "label": "PER", "occurrence": 2}]}'
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[['Ann Lee', 'PER', 7, 8]]", Mention("Ann Lee", "PER", 2)),
        ("[['Ann Lee', 'PER', 0, 1]]", Mention("Ann Lee", "PER", 1)),
        ("[['Ann Lee', 'PER', 3, 4]]", Mention("Ann Lee", "PER")),
        ("[['Ann Lee', 'PER', 99, 99]]", Mention("Ann Lee", "PER")),
        ("[[4, 'Ann Lee', 'PER', 7, 8]]", Mention("Ann Lee", "PER", 2)),
        ("[['Ann Lee', 'PER', 7, 8']]", Mention("Ann Lee", "PER", 2)),
        ("[[['Ann Lee', 'PER', 7, 8]]]", Mention("Ann Lee", "PER", 2)),
        ("```python\n[['Ann Lee', 'PER', 7, 8]]\n```", Mention("Ann Lee", "PER", 2)),
    ],
)
def test_word_numbers_only_select_the_occurrence(text: str, expected: Mention) -> None:
    assert read(text, "token_indices") == ParsedReply((expected,))


def test_entries_that_argue_are_malformed() -> None:
    text = (
        "[['Ann', 'PER', 0, 0], ['Rome', is not an entity], ['Oslo', No - 'LOC', 'LOC', 1, 1], "
        "['Paris', None, None, None]]"
    )
    assert read(text, "token_indices") == ParsedReply((Mention("Ann", "PER", 1),), {"malformed": 3})


@pytest.mark.parametrize("text", ["[]", "```python\n[]\n```", "The list is empty:\n\n[]", "[[],]"])
def test_an_empty_list_means_no_entities_in_list_formats(text: str) -> None:
    assert read(text, "json_list") == ParsedReply()


@pytest.mark.parametrize("text", ["as in [] or so", "[] is a list", "[0]", '{"x": "[]"}', "[", ""])
def test_brackets_in_prose_are_no_answer(text: str) -> None:
    assert read(text, "json_list") is None


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ('{"Ann": "PER", "Rome": "LOC"}', ParsedReply((ANN, ROME))),
        ('{"Ann": "PER", "Ann": "LOC"}', ParsedReply((ANN, Mention("Ann", "LOC")))),
        ('{"Ann": "PER", "Rome": null}', ParsedReply((ANN,), {"malformed": 1})),
        ('{"Ann": "PER", "Ro', ParsedReply((ANN,), {"truncated": 1})),
        ('{"Ann": "PER", "Rome": "LO', ParsedReply((ANN,), {"truncated": 1})),
        ("{}", ParsedReply()),
        ('{"Ann": ["PER"]}', None),
        ('{"Ann"', None),
        ("{", None),
        ("[]", None),
    ],
)
def test_surfaces_to_labels(text: str, parsed: ParsedReply | None) -> None:
    assert read(text, "json_surfaces") == parsed


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ('{"PER": ["Ann"], "LOC": ["Rome"]}', ParsedReply((ANN, ROME))),
        ('{"PER": "Ann", "LOC": null}', ParsedReply((ANN,))),
        ('{"PER": ["Ann", 3, ""]}', ParsedReply((ANN,), {"malformed": 2})),
        ('{"PER": ["Ann"], "LOC": ["Ro', ParsedReply((ANN,), {"truncated": 1})),
        ('{"PER": [], "LOC": []}', ParsedReply()),
        ("{}", ParsedReply()),
        ('{"PER": [], "LO', None),
        ('{"PER": {"Ann": 1}}', None),
        ("[]", None),
    ],
)
def test_labels_to_surfaces(text: str, parsed: ParsedReply | None) -> None:
    assert read(text, "json_labels") == parsed


@pytest.mark.parametrize(("name", "more"), [("json", []), ("json_occurrence", ["occurrence"])])
def test_a_schema_holds_an_entry_to_what_the_instruction_asks_for(
    name: str, more: list[str]
) -> None:
    schema = REPLY_FORMATS[name].schema
    assert schema is not None
    entry = schema(LABELS)["properties"]["entities"]["items"]
    assert entry["required"] == ["text", "label", *more] == list(entry["properties"])
    assert entry["properties"]["label"]["enum"] == ["PER", "LOC"]
    expected = REPLY_FORMATS[name].render(InlineMarkedText("Ann left.", (InlineMark(0, 3, "PER"),)))
    assert list(json.loads(expected)["entities"][0]) == entry["required"]


def test_only_formats_whose_answer_is_such_an_object_have_a_schema() -> None:
    assert {name for name, one in REPLY_FORMATS.items() if one.schema} == {
        "json",
        "json_occurrence",
    }
