"""How a comment feels about a film: VADER on the part that is about it, with film titles masked."""
