"""Letters to people: written in the transaction that makes them needed, delivered by a job, at least once."""
