"""Parts of `vermeil.rank`: documents to leave out, costs, signals and the report."""
