"""From the store to batches on the device: which slices, in which order, how they are moved."""
