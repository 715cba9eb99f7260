"""Terminal output, progress and options that several verbs share."""
