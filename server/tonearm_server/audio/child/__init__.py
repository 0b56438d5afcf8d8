"""What runs inside the sandboxed children; imports nothing of the server but the audio types."""
