"""The numbers of system calls by name, one generated module for each architecture."""
