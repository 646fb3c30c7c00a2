"""The project: settings, addresses, jobs, back office. Importing it loads nothing."""
