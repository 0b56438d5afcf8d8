"""From a person's bytes to a track: received, checked, stored, recorded, verified."""
