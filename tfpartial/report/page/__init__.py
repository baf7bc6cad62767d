"""The report: one HTML page on a run, a sweep, or any folder with stages in it. It opens without network."""
