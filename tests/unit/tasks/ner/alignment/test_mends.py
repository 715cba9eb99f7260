"""Copies that mend the typos of their text."""

from __future__ import annotations

import pytest

from vermeil.tasks.ner.alignment.mends import differs_by_mends


@pytest.mark.parametrize(
    ("text", "copy"),
    [
        ("Grip stength of Ilse .", "Grip strength of Ilse ."),
        ("Gripp strength of Ilse .", "Grip strength of Ilse ."),
        ("Teh strength of Ilse .", "The strength of Ilse ."),
        ("She met the the mayor", "She met the mayor"),
        ("one of the of the two men", "one of the two men"),
        ("She She met the mayor", "She met the mayor"),
        ("She met the mayor mayor", "She met the mayor"),
        ("She saw it , , and and left", "She saw it , and left"),
        ("She recieved teh mayor of Varnby", "She received the mayor of Varnby"),
        ("- , Ilse Ilse left", "Ilse left"),
        ("In to Varnby “at” lunch tme", "Into Varnby 'at' lunch time"),
        ("She met Ilse.", "She met Ilse"),
    ],
)
def test_corrected_letters_and_doubled_words_are_mends(text: str, copy: str) -> None:
    assert differs_by_mends(copy, text)


@pytest.mark.parametrize(
    ("text", "copy"),
    [
        ("Ilse stayed at home", "Otto stayed at home"),
        ("in 1995 she left Varnby", "in 1996 she left Varnby"),
        ("Ilse left Varnby today", "Ilse left Varnby today again"),
        ("Ilse left Varnby today", "Ilse left today"),
        ("Ilse left Varnby in the rain", "Ilse left in the rain"),
        ("Bo met Al", "Bob met Alf"),
        ("thier frends recieved teh mayor of Varnby", "their friends received the mayor of Varnby"),
        ("Ilse", "Ilsa"),
        ("She met Ilse", ""),
        ("", "She met Ilse"),
        (". . . .", "She met Ilse"),
        ("She met the long mayor", "She met the long long long mayor"),
    ],
)
def test_other_changes_and_many_of_them_are_not(text: str, copy: str) -> None:
    assert not differs_by_mends(copy, text)


def test_a_long_text_may_have_more_mends() -> None:
    text = " ".join(f"word{chr(97 + n % 26)}{chr(97 + n // 26)} the the end" for n in range(100))
    assert differs_by_mends(text.replace("the the", "the", 15), text)
    assert not differs_by_mends(text.replace("the the", "the", 25), text)
