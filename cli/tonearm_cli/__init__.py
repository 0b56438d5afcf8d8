"""The command line: scripts and people who type. Speaks to the server through `tonearm_api` alone."""
