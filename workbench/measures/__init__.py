"""Pure functions: parts of a Jepa in, frozen results out. `catalogue` lists them without importing torch."""
