"""Work that outlives a request: durable, leased, done at least once."""
