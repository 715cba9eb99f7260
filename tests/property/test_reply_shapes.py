"""Any rendering of entities as JSON, YAML, table, elements or lines is read back."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from html import escape
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from vermeil.data.reply import Reply, State
from vermeil.tasks.config import TaskConfig
from vermeil.tasks.label_names import compact
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.formats.entity_keys import LABELS, SURFACES
from vermeil.tasks.ner.task import NerTask

CONFIG = {"PER": {"aliases": ["person"]}, "named place": {}, "ORG": {"description": "a firm"}}
TASK = NerTask(TaskConfig.model_validate({"labels": CONFIG, "reply_format": "detect"}))
LABEL_SET = LabelSet.from_config(TASK.config)

first = st.sampled_from(["Ann", "Bo", "Émile", "O'Neil", "Lee-Ray", "日本", "Zoë", "McKay", "Ürün"])
last = st.sampled_from(["Lee", "Ek", "Frères", "& Sons", "III", "of Ulm", "2000", "Inc", "Łódź"])
surfaces = st.lists(first, min_size=1, max_size=1).flatmap(
    lambda one: st.lists(last, max_size=2).map(lambda more: " ".join([*one, *more]))
)
entities = st.lists(
    st.tuples(surfaces, st.sampled_from(list(CONFIG))),
    min_size=1,
    max_size=6,
    unique_by=lambda pair: pair[0],
)


def text_of(pairs: list[tuple[str, str]]) -> str:
    return " met ".join(surface for surface, _ in pairs) + " there ."


def check(
    reply: str, pairs: list[tuple[str, str]], notes: Collection[str] = ("other_lines",)
) -> None:
    """The reply marks exactly these entities."""
    text = text_of(pairs)
    reading = TASK.read(text, Reply(reply))
    found = {(text[one.start : one.end], one.label) for one in reading.annotation.spans or ()}
    assert found == set(pairs), reply
    assert set(reading.notes) <= set(notes), reply


surface_keys = st.sampled_from(sorted(SURFACES - {"key", "item"}))
label_keys = st.sampled_from(sorted(LABELS))


@given(pairs=entities, surface=surface_keys, label=label_keys, data=st.data())
def test_json_with_any_keys(
    pairs: list[tuple[str, str]], surface: str, label: str, data: st.DataObject
) -> None:
    items = [{surface: one, label: of} for one, of in pairs]
    if data.draw(st.booleans()):
        items = [dict(reversed(list(item.items()))) for item in items]
    whole = data.draw(st.sampled_from([items, {"entities": items}, {"Named Entities": items}]))
    indent = data.draw(st.sampled_from([None, 2]))
    reply = json.dumps(whole, ensure_ascii=data.draw(st.booleans()), indent=indent)
    for _ in range(data.draw(st.integers(0, 2))):
        reply = json.dumps(reply, ensure_ascii=data.draw(st.booleans()))
    check(reply, pairs)


@given(pairs=entities, data=st.data())
def test_json_by_label(pairs: list[tuple[str, str]], data: st.DataObject) -> None:
    shapes: list[Callable[[str], Any]] = [str, lambda s: {"text": s}, lambda s: [s, 0, 3]]
    shape = data.draw(st.sampled_from(shapes))
    groups = {of: [shape(s) for s, label in pairs if label == of] for _, of in pairs}
    wrap = data.draw(
        st.sampled_from(
            [
                groups,
                {"entities": groups},
                {"entities": [{of: items} for of, items in groups.items()]},
                [{"label": of, "entities": items} for of, items in groups.items()],
            ]
        )
    )
    check(json.dumps(wrap, ensure_ascii=False), pairs)


def scalar(data: st.DataObject, value: str) -> str:
    """A value as a YAML scalar: plain where YAML allows it, otherwise quoted."""
    quoted = [json.dumps(value, ensure_ascii=data.draw(st.booleans())), quote(value)]
    is_plain = value[0].isalnum() and ": " not in value and " #" not in value
    return data.draw(st.sampled_from([*quoted, value] if is_plain else quoted))


def quote(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


@given(pairs=entities, surface=surface_keys, label=label_keys, data=st.data())
def test_yaml_list_of_mappings(
    pairs: list[tuple[str, str]], surface: str, label: str, data: st.DataObject
) -> None:
    indent = " " * data.draw(st.sampled_from([0, 2, 4]))
    lines = ["entities:"] if indent or data.draw(st.booleans()) else []
    is_flow = data.draw(st.booleans())
    for one, of in pairs:
        write = json.dumps if is_flow else lambda value: scalar(data, value)
        keys = [(surface, write(one)), (label, write(of))]
        keys = data.draw(st.permutations(keys))
        if is_flow:
            lines.append(f"{indent}- {{" + ", ".join(f"{k}: {v}" for k, v in keys) + "}")
            continue
        lines += [f"{indent}{'-' if n == 0 else ' '} {k}: {v}" for n, (k, v) in enumerate(keys)]
    reply = "\n".join(lines)
    check(data.draw(st.sampled_from([reply, f"```yaml\n{reply}\n```", f"---\n{reply}\n"])), pairs)


@given(pairs=entities, data=st.data())
def test_yaml_by_label(pairs: list[tuple[str, str]], data: st.DataObject) -> None:
    indent = " " * data.draw(st.sampled_from([0, 2, 4]))
    lines = []
    for of in dict.fromkeys(of for _, of in pairs):
        lines.append(f"{of}:")
        lines += [f"{indent}- {scalar(data, s)}" for s, label in pairs if label == of]
    check("\n".join(lines), pairs)


@given(pairs=entities, data=st.data())
def test_markdown_tables(pairs: list[tuple[str, str]], data: st.DataObject) -> None:
    surface = data.draw(st.sampled_from(["Entity", "Text", "Name", "Mention"]))
    columns = {surface: [s for s, _ in pairs], "Label": [of for _, of in pairs]}
    if data.draw(st.booleans()):
        columns["Sentence"] = [text_of(pairs)] * len(pairs)
    if data.draw(st.booleans()):
        columns["#"] = [str(n) for n in range(len(pairs))]
    names = data.draw(st.permutations(list(columns)))
    bar = data.draw(st.sampled_from(["| ", ""]))
    rows = [[columns[name][n] for name in names] for n in range(len(pairs))]
    head = [names, ["---"] * len(names)] if len(names) > 2 or data.draw(st.booleans()) else []
    lines = [bar + " | ".join(cells) + bar[::-1] for cells in (*head, *rows)]
    check("\n".join(lines), pairs)


@given(pairs=entities, data=st.data())
def test_lists_of_elements(pairs: list[tuple[str, str]], data: st.DataObject) -> None:
    pairs = [(s, "PER" if " " in of else of) for s, of in pairs]
    forms = [
        lambda s, of: f"<{of}>{s}</{of}>",
        lambda s, of: f'<entity type="{of}">{s}</entity>',
        lambda s, of: f"<entity><text>{s}</text><type>{of}</type></entity>",
        lambda s, of: f"<item>\n  <label>{of}</label>\n  <value>{s}</value>\n</item>",
        lambda s, of: f'<entity text="{s}" label="{of}"/>',
    ]
    form = data.draw(st.sampled_from(forms))
    body = "\n".join(form(escape(s), of) for s, of in pairs)
    reply = data.draw(st.sampled_from([body, f"<entities>\n{body}\n</entities>"]))
    check(reply, pairs, notes=("truncated",))  # one element may be the beginning of a copy


@given(pairs=entities, data=st.data())
def test_groups_and_claims(pairs: list[tuple[str, str]], data: st.DataObject) -> None:
    labels = list(dict.fromkeys(of for _, of in pairs))
    mark = data.draw(st.sampled_from(["- ", "* ", "1. ", "• "]))
    head = data.draw(st.sampled_from(["{}:", "**{}**", "### {}", "**{}:**", "{} entities:"]))
    groups = "\n".join(
        line
        for of in labels
        for line in (head.format(of), *(mark + s for s, label in pairs if label == of))
    )
    by_comma = "\n".join(f"{of}: {', '.join(s for s, x in pairs if x == of)}" for of in labels)
    claim = data.draw(st.sampled_from(["{} ({})", "{} - {}", "{}: {}", "{} [{}]", "{} → {}"]))
    claims = "\n".join(claim.format(*pair) for pair in pairs)
    check(data.draw(st.sampled_from([groups, by_comma, claims])), pairs)


@settings(max_examples=300)
@given(st.text(alphabet="PERLOC abc\n:-*|#<>/{}[]\"'(),.=&;\\ 1", max_size=120))
def test_any_text_is_read_without_an_error(reply: str) -> None:
    reading = TASK.read("Ann Lee saw PER and ORG .", Reply(reply))
    assert reading.state in State


@given(
    label=st.sampled_from(list(CONFIG)),
    separator=st.sampled_from([" ", "_", "-", "", "  ", " / "]),
    around=st.sampled_from([("", ""), ("**", "**"), ('"', '"'), ("[", "]"), ("", "."), ("", ":")]),
    change=st.sampled_from([str.upper, str.lower, str.title, str]),
    comment=st.sampled_from(["", " (a comment)", " (0.9)", ": {}", " - {}"]),
)
def test_a_label_is_known_however_it_is_written(
    label: str, separator: Any, around: Any, change: Any, comment: Any
) -> None:
    written = change(label.replace(" ", separator))
    addition = comment.format(label)
    marked = written if addition else f"{around[0]}{written}{around[1]}"
    assert LABEL_SET.normalise(marked + addition) == label
    assert compact(written) == compact(label)
