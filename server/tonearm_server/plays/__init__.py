"""What was played, when."""
