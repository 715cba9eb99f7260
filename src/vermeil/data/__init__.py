"""What flows between the parts: immutable, validated, standard library and numpy only."""
