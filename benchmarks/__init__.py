"""Every number that the documentation claims, as a command."""
