"""A package of somebody else: a family, a question with its measure, a view and a board. Nothing of the workbench knows it."""
