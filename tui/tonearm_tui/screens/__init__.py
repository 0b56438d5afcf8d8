"""Whole screens: they join widgets with what the session offers."""
