"""Many cells, statistics over them, and the report."""
