"""What a curriculum of relabeling does besides its stages: when to stop."""
