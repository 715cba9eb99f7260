"""Refinement of silver: a judge corrects it with students that were trained out of fold."""
