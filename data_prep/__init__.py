"""Stages that turn volumes on disk into a store."""
