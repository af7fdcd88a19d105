"""This program does nothing."""
