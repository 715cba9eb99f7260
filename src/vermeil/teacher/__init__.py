"""Teacher: sends requests about documents to a model and stores the replies."""
