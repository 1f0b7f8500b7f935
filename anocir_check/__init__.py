"""Black-box checks of an OCI runtime: the course's grader, for a runtime in any language."""
