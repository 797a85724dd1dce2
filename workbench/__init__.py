"""Look inside JEPA world models."""
