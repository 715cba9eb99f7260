"""Better prompts for a whole configuration."""
