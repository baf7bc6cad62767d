"""Experiments: the stages of a run, or of the cells of a sweep, each in a folder of its own, done once and gone on with."""
