"""Reply store: SQLite file of all attempts, durable before any reply is parsed."""
