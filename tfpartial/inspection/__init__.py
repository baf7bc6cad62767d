"""What a network sees of a slice, what it attends to, and what it costs."""
