"""The demo album: three short pieces written for Tonearm, played by the standard library, and their sleeve."""
