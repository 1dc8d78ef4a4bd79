"""HOW does a report look? From frozen figures to Word, PDF and Excel, and back to the seal that a file carries."""
