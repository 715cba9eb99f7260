"""Tools that send text to the teacher or write files; offered with ``--allow-writes`` only."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from vermeil.config import Config
from vermeil.corpora import read_corpus, require_readable
from vermeil.data.progress import Progress
from vermeil.errors import ConfigError
from vermeil.mcp_server.reading_tools import ConfigPath, CorpusPath, ModelPath
from vermeil.mcp_server.root_folder import RootFolder
from vermeil.teacher.address import host_of, is_loopback

Report = dict[str, Any]


class WritingTools:
    """The tools that write. Each public method is one tool, and its docstring is its description.

    No tool changes a setting: consent (``teacher.allow_remote``) and limits stay those of the
    configuration file. No tool replaces a file of the user.

    Args:
        root: folder to which all paths are limited.
        progress: called with stage, done, total and details.
    """

    def __init__(self, root: RootFolder, progress: Progress) -> None:
        self._root = root
        self._progress = progress

    def estimate_annotation(self, config: ConfigPath = "vermeil.toml") -> Report:
        """Estimate tokens and cost of annotating the pool with the teacher; sends no document.

        Use it before annotate. With a model on this machine, its speed is measured, too.
        """
        from vermeil.pipeline.estimate import estimate_groups

        report, warnings = estimate_groups(self._root.config(config))
        return {**report, "warnings": warnings}

    def annotate(self, config: ConfigPath = "vermeil.toml") -> Report:
        """Send the documents of the pool that have no stored reply to the teacher.

        A teacher on another machine needs teacher.allow_remote = true and a spending limit
        (teacher.max_cost_usd or teacher.max_tokens_total) in the configuration, which only the
        user can set. Replies are stored and never requested again. Call locate next.
        """
        sections = self._root.config(config)
        _require_limits(sections)
        return self._run_stage("annotate", sections)

    def locate(self, config: ConfigPath = "vermeil.toml") -> Report:
        """Turn stored replies of the teacher into silver, with the position of each mention."""
        return self._run_stage("locate", self._root.config(config))

    def train(self, config: ConfigPath = "vermeil.toml") -> Report:
        """Train the student of a configuration on its gold and silver; may take minutes."""
        return self._run_stage("train", self._root.config(config))

    def predict_file(
        self,
        model: ModelPath,
        corpus: CorpusPath,
        output: Annotated[str, Field(description="New JSONL file, relative to the root.")],
    ) -> Report:
        """Annotate a corpus with a trained model into a new JSONL file."""
        from vermeil.jobs.predict import predict_file

        source, target = self._root.corpus(corpus), self._root.resolve(output)
        require_readable(source)
        folder = self._root.resolve(model)
        report = predict_file(folder, read_corpus(source), target, self._progress)
        return {**report.as_dict(), "output": self._root.relative(target)}

    def _run_stage(self, name: str, config: Config) -> Report:
        from vermeil.pipeline.execution import require_result, run_stage

        notes: list[str] = []
        report = run_stage(name, config, self._progress)
        require_result(name, report, notes.append)
        return {**report, "warnings": notes}


def _require_limits(config: Config) -> None:
    """Raise `ConfigError` if a teacher on another machine has no spending limit."""
    for teacher in config.teacher.all_teachers():
        has_limit = not (teacher.max_cost_usd is None and teacher.max_tokens_total is None)
        if not has_limit and not is_loopback(host_of(teacher.base_url)):
            raise ConfigError(
                f"teacher: {host_of(teacher.base_url)} is not this machine and has no spending "
                "limit; ask the user to set teacher.max_cost_usd or teacher.max_tokens_total"
            )
