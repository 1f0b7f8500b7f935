"""The kernel, one file per feature; the only package that imports ctypes."""
