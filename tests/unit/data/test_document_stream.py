import pytest

from vermeil.data.document import Document
from vermeil.data.document_stream import DocumentStream

TEXTS: list[Document | str] = ["Ada met Grace.", Document("d", "Oslo"), "Bo left."]


def test_the_id_of_a_plain_text_is_its_position() -> None:
    stream = DocumentStream(TEXTS)
    expected = [Document("1", "Ada met Grace."), Document("d", "Oslo"), Document("3", "Bo left.")]
    assert list(stream) == expected
    assert list(stream) == expected


def test_a_one_way_iterator_becomes_repeatable() -> None:
    stream = DocumentStream.repeatable(iter(TEXTS))
    assert [document.id for document in stream] == ["1", "d", "3"]
    assert [document.id for document in stream] == ["1", "d", "3"]


def test_a_single_string_is_an_error() -> None:
    for make in (DocumentStream, DocumentStream.repeatable):
        with pytest.raises(TypeError, match="found one string"):
            make("Ada met Grace.")
