"""The decision log of the review page: its records, and the annotations that follow from them."""
