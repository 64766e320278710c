"""What tests of several areas share: ports, waiting by progress, real servers."""
