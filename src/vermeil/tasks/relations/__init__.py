"""Relations: labelled spans, and typed relations between pairs of them."""
