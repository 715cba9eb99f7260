"""Reading and writing of corpora, one file per format; statistics, splits and leaks."""

from vermeil.corpora.analysis.leaks import Leak, LeakReport, find_leaks
from vermeil.corpora.analysis.split import split_corpus
from vermeil.corpora.analysis.stats import CorpusStats, LengthSummary, corpus_stats
from vermeil.corpora.config import CorporaConfig, CorpusConfig
from vermeil.corpora.read import read_corpus
from vermeil.corpora.recognise import require_readable, require_writable
from vermeil.corpora.write import WriteReport, write_corpus
from vermeil.data.records import document_from_record, document_to_line, document_to_record

__all__ = [
    "CorporaConfig",
    "CorpusConfig",
    "CorpusStats",
    "Leak",
    "LeakReport",
    "LengthSummary",
    "WriteReport",
    "corpus_stats",
    "document_from_record",
    "document_to_line",
    "document_to_record",
    "find_leaks",
    "read_corpus",
    "require_readable",
    "require_writable",
    "split_corpus",
    "write_corpus",
]
