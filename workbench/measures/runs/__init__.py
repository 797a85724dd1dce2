"""What is measured of a training run: its logs, and checkpoint after checkpoint on the same clips."""
