"""Whole jobs, one per file: each is a verb, a public function and a section."""
