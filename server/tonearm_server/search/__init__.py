"""Find tracks, albums and artists by what people type."""
