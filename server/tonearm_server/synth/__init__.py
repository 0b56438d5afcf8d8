"""A made-up library of any number of tracks: for trying Tonearm out at size, and for `make bench`."""
