"""A teacher on this machine: Vermeil starts the inference engine itself."""
