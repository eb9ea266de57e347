"""Training of regions and of stand-alone networks, and the data they see."""
