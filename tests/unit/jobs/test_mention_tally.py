from __future__ import annotations

from vermeil.data.document import Document
from vermeil.data.mention import Mention, Status
from vermeil.jobs.mention_tally import OFF_SCHEMA, MentionTally
from vermeil.tasks.config import LabelConfig, TaskConfig
from vermeil.tasks.labels import LabelSet
from vermeil.tasks.ner.alignment.mentions import locate

LABELS = LabelSet.from_config(
    TaskConfig(labels={"PER": LabelConfig(aliases=("person",)), "LOC": LabelConfig()})
)


def test_mentions_are_counted_by_label_and_the_doubtful_ones_are_kept() -> None:
    tally = MentionTally(LABELS)
    for number in range(7):
        document = Document(f"d{number}", "Ann told us of MUNICH")
        mentions = [("Ann", "person"), ("Munich", "LOC"), ("US", "LOC"), ("Ann", "AGE")]
        tally.add(document, locate(document.text, [Mention(*one) for one in mentions], LABELS))
    assert tally.totals == {
        Status.EXACT: 7,
        Status.NORMALISED: 7,
        Status.NOT_FOUND: 7,
        Status.OFF_SCHEMA: 7,
    }
    rows = {label: {s: n for s, n in row.items() if n} for label, row in tally.by_label.items()}
    assert rows == {
        "PER": {Status.EXACT: 7},
        "LOC": {Status.NORMALISED: 7, Status.NOT_FOUND: 7},
        OFF_SCHEMA: {Status.OFF_SCHEMA: 7},
    }
    shown = [example.as_dict() for example in tally.examples]
    assert [one["status"] for one in shown] == ["normalised"] * 5 + ["not_found"] * 5 + [
        "off_schema"
    ] * 5
    assert (shown[0]["found_text"], shown[0]["tier"], shown[5]["found_text"]) == (
        "MUNICH",
        "folded",
        "us",
    )
