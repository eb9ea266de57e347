"""What ranks are held against: networks trained from scratch, and counts that cost nothing."""
