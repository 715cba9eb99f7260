"""Results of a study as typed values, and their JSON records with a version."""
