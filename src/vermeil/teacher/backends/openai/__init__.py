"""OpenAI's API, online and in batches."""
