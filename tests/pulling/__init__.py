"""Pulling mail from accounts elsewhere: a real Dovecot, and servers that mean us no good."""
