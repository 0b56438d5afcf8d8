"""Tracks and what is known of them; the slices above present them."""
