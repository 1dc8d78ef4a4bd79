"""HOW does the gateway speak HTTP? One file per door; the doors know no SQL and no law."""
