"""Jobs over documents, one per file: a verb, a public function and a configuration section."""
