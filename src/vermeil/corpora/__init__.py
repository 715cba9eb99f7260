"""Files to documents and back, one file per format; statistics, splits and leaks."""

from vermeil.corpora.config import CorporaConfig, CorpusConfig
from vermeil.corpora.jsonl import document_from_record, document_to_line, document_to_record
from vermeil.corpora.read import read_corpus
from vermeil.corpora.write import WriteReport, write_corpus

__all__ = [
    "CorporaConfig",
    "CorpusConfig",
    "WriteReport",
    "document_from_record",
    "document_to_line",
    "document_to_record",
    "read_corpus",
    "write_corpus",
]
