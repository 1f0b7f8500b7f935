"""An OCI container runtime in Python."""

__version__ = "0"
