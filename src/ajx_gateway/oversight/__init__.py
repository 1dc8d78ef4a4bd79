"""The regulators' door: exact figures, deadlines and lists, cut to who asks."""
