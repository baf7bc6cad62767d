"""Scores of several runs side by side: averages, paired tests, tables, pictures of cases."""
