"""The data sets of this package, a file a kind; importing them imports no torch."""
