"""Who is it: accounts, passwords, sessions, tokens."""
