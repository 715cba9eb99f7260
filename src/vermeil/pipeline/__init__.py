"""Everything that works on a whole ``vermeil.toml``: run, check, show and the stages."""
