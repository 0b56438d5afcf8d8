"""`tonearm server doctor`: is everything there that was promised, and does every count add up."""
