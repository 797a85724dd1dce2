"""The small trainers behind the samples and the lessons."""
