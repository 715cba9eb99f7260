"""The same jobs on Ray: workers on many machines. The only folder that imports ray."""
