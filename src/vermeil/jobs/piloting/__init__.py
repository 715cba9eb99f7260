"""`vermeil.pilot`: variants of the prompt, trials on gold, estimate and report."""
