"""Named entity recognition (NER): labelled spans."""
