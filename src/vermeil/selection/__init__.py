"""Selection of silver: signals, judge, policies, and ranking for human review."""
