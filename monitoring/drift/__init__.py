"""Data drift: recent windows against earlier ones, by Evidently."""
