"""The newswire sample and the demo over it."""
