"""The vocabulary of the workbench: frozen values made of numpy arrays. Imports nothing else of ours."""
