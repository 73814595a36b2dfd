"""Every setting in one table: flags, environment, TOML file, docs and a test read it."""
