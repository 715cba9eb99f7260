"""The loop of annotation, review and training, round after round."""
