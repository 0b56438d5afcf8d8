"""Audio to ears: who may hear it, which bytes, sent without copying them."""
