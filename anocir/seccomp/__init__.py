"""seccomp: from the profile of a config to the BPF program that the kernel asks (seccomp(2))."""
