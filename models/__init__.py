"""Model packages: what they say about themselves, which one is active, and how they are trained."""
