"""What `/metrics` says: what all processes of this machine count, and states read from rows."""
