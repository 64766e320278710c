"""The whole platform on one machine without containers: set-up, real servers, supervision and the command line."""
