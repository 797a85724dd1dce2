"""The app: the only importer of panel. A shell around the boards."""
