"""Named entity recognition with overlapping spans: a decision of its own for every label."""
