"""Small worlds whose true state is known: pixels, and the factors behind them."""
