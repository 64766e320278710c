"""Runs the platform as plain processes of one machine, and the command line of both ways to run it."""
