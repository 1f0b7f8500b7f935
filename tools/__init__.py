"""Tools that make and check this repository: run each as `python3 -m tools.NAME`."""
