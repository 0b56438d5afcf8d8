"""The terminal player. Speaks to the server through `tonearm_api` alone."""
