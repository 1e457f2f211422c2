"""Who may come in: accounts, keys, and how often somebody may try."""
