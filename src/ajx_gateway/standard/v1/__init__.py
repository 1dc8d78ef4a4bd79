"""WHAT is a record in data standard 1.x? One file per kind; the parts they share stand in ``parts``."""
