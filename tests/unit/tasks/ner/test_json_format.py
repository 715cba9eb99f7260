import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vermeil.data.mention import Mention
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats import FORMATS
from vermeil.tasks.ner.json_format import instruction, parse_reply, render_reply
from vermeil.tasks.ner.reply_format import ParsedReply

LABELS = LabelSet.from_config(TaskConfig(labels={"PER": {}, "LOC": {}}))

mentions = st.lists(
    st.builds(
        Mention,
        st.text(min_size=1).filter(lambda s: s.encode("utf-8", "ignore").decode() == s),
        st.sampled_from(["PER", "LOC", "nonsense"]),
        st.none() | st.integers(1, 9),
    )
)


@pytest.mark.parametrize("name", FORMATS)
@given(said=mentions)
def test_every_format_reads_what_it_renders(name, said):
    form = FORMATS[name]
    assert form.parse(form.render(said)) == ParsedReply(tuple(said))
    fenced = f"Thinking {{of}} it:\n```json\n{form.render(said)}\n```\nThat is all."
    assert form.parse(fenced) == ParsedReply(tuple(said))


@given(said=mentions, data=st.data())
def test_a_cut_off_answer_never_parses(said, data):
    whole = render_reply(said)
    assert parse_reply(whole[: data.draw(st.integers(0, len(whole) - 1))]) is None


@given(said=mentions, data=st.data())
def test_a_cut_off_answer_is_not_replaced_by_a_draft_before_it(said, data):
    whole = render_reply(said)
    opened = whole.index(":") + 1
    cut = whole[: data.draw(st.integers(opened, len(whole) - 1))]
    assert parse_reply('If there is none: {"entities": []}\n' + cut) is None


def test_the_instruction_shows_an_empty_answer_that_the_parser_reads():
    text = instruction(LABELS)
    assert '"PER", "LOC"' in text
    assert parse_reply(text) == ParsedReply(())


@pytest.mark.parametrize(
    "text",
    [
        "There are none.",
        "null",
        "[]",
        "{}",
        '{"entities": null}',
        '{"entities": {"text": "Ann", "label": "PER"}}',
        '{"entities": "none"}',
        '{"entities": ["Ann"]}',
        '{"entities": [{"text": "Ann"}]}',
        '{"entities": [{"text": "Ann", "label": null}, {"text": "", "label": "PER"}]}',
        '[{"text": "Ann", "label": "PER"}]',
    ],
)
def test_what_is_not_the_shape_is_no_answer(text):
    assert parse_reply(text) is None


def test_malformed_entries_are_counted_and_the_others_kept():
    items = [{"text": "Ann", "label": "PER"}, "Rome", {"text": "Rome"}, {"text": 3, "label": "LOC"}]
    assert parse_reply(json.dumps({"entities": items})) == ParsedReply(
        (Mention("Ann", "PER"),), {"malformed": 3}
    )


@pytest.mark.parametrize("number", [0, -1, True, 1.0, "2", None, [1]])
def test_an_occurrence_that_is_not_a_counting_number_is_not_heeded(number):
    text = json.dumps({"entities": [{"text": "Ann", "label": "PER", "occurrence": number}]})
    parsed = parse_reply(text)
    assert parsed is not None
    assert parsed.mentions == (Mention("Ann", "PER", None),)
