"""Training: one student from documents, the building block of every job that trains."""
