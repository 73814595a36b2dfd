"""Mail through real programs: Postfix, Exim and swaks hand it to a real server."""
