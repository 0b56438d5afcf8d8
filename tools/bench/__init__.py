"""`make bench`: what Tonearm costs, beside what cannot be beaten, in one run. See docs/performance.md."""
