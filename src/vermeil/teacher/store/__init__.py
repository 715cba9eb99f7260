"""The reply store: SQLite, durable before anything parses a reply."""
