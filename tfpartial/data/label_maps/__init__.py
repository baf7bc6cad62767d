"""Label maps of a case as arrays, on their own grid."""
