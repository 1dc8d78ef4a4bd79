"""HOW do insurers file? The insurers' door: push, void, documents, their records and their inbox of clocks."""
