"""Where bytes live: content-addressed blobs that never change."""
