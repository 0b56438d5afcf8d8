"""What the player draws with; each knows how to draw one thing and nothing of the server."""
