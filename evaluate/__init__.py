"""Stages that predict, score and export."""
