"""Named entity recognition: labelled spans."""
