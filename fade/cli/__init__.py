"""The command line: one study, sweeps, help."""
