"""What uploaded bytes are, read only inside sandboxed child processes; knows no person, no table and no request."""
