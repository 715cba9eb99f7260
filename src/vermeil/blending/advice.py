"""Rules for the choice of a regimen from the teacher's measured F1 and the amount of gold.

Source of every rule: docs/results/blends.md, regimens × teachers × gold sizes on CoNLL-2003.
"""

from __future__ import annotations

from dataclasses import dataclass

from vermeil.blending.config import RegimenName

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class BlendRule:
    """Recommended regimen for a range of the teacher's F1.

    Args:
        below: the rule holds for F1 below this value (and not below that of the rule before).
        regimen: the recommended regimen.
        risky: regimens that were below gold only at this quality in at least one study.
        text: what was measured, one sentence.
    """

    below: float
    regimen: RegimenName
    risky: tuple[RegimenName, ...]
    text: str


RULES = (
    BlendRule(
        0.60,
        "auto",
        ("simple_mix", "pooled", "schedule", "silver_only", "reverse_mix", "alternate"),
        "Silver of such a teacher can do harm: Simple Mix gains little over gold only or falls "
        "below it, and pooling gains nothing or loses much. auto measures on gold whether silver "
        "helps, and leaves it out if not.",
    ),
    BlendRule(
        0.86,
        "simple_mix",
        (),
        "Simple Mix is the best blend: above pooling and above every schedule.",
    ),
    BlendRule(
        1.01,
        "pooled",
        (),
        "Silver of such a teacher is nearly as good as gold. Pooling is as good as Simple Mix, and "
        "better if the training is short.",
    ),
)
"""In the order of the teacher's F1; the last one has no upper end."""


@dataclass(frozen=True, slots=True)
class BlendAdvice:
    """Advice for the choice of a regimen.

    Args:
        f1: F1 of the teacher on the user's own gold.
        interval: its 95 % interval.
        documents: number of gold documents that the teacher annotated, too.
        rules: the rules that the interval touches, the one of ``f1`` first.
    """

    f1: float
    interval: Interval
    documents: int
    rules: tuple[BlendRule, ...]

    @property
    def regimen(self) -> RegimenName:
        """The recommended regimen."""
        return self.rules[0].regimen

    @property
    def is_certain(self) -> bool:
        """Return whether all rules that the interval touches recommend the same regimen."""
        return len({rule.regimen for rule in self.rules}) == 1

    def is_risky(self, regimen: str) -> bool:
        """Return whether a regimen can be worse than gold only at the measured F1."""
        return regimen in self.rules[0].risky

    @property
    def sentence(self) -> str:
        """The advice in words, with the measurement that it depends on."""
        low, high = self.interval
        text = (
            f"The teacher's F1 on {self.documents:,} gold documents is {self.f1:.2f} "
            f"[{low:.2f}, {high:.2f}]. {self.rules[0].text} Recommended regimen: {self.regimen}"
        )
        if not self.is_certain:
            other = next(r.regimen for r in self.rules if r.regimen != self.regimen)
            text += (
                f"; the interval is wide and {other} is possible, too: annotate more gold "
                "documents with the teacher"
            )
        return text + "."

    def as_dict(self) -> dict[str, object]:
        """Return the advice for JSON."""
        return {
            "teacher_f1": self.f1,
            "interval": list(self.interval),
            "documents": self.documents,
            "regimen": self.regimen,
            "certain": self.is_certain,
            "text": self.sentence,
        }


def advise(f1: float, interval: Interval, documents: int) -> BlendAdvice:
    """Return the advice for a teacher with a measured F1.

    Args:
        f1: F1 of the teacher against gold.
        interval: its 95 % interval.
        documents: number of gold documents of the measurement.
    """
    own = _place(f1)
    touched = range(_place(interval[0]), _place(interval[1]) + 1)
    others = [RULES[place] for place in touched if place != own]
    return BlendAdvice(f1, interval, documents, (RULES[own], *others))


def _place(f1: float) -> int:
    return next(place for place, rule in enumerate(RULES) if f1 < rule.below)
