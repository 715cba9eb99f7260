"""GLiNER2 as a teacher: its process, and the backend that sends it texts."""
