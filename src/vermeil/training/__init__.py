"""Training of one student from documents, used by every job that trains."""
