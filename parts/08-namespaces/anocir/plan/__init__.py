"""From a config to an ordered list of steps, without a single syscall."""
