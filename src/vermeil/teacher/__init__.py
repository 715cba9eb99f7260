"""From documents to stored replies."""
