"""What a data set holds: who is annotated where, volumes, intensities."""
