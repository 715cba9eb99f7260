"""`vermeil.rank`: documents to leave out, costs, signals, order and report."""
