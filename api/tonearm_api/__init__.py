"""The contract: what crosses the wire between Tonearm's programs. Knows neither a server nor a screen."""

__version__ = "0.1.0"
