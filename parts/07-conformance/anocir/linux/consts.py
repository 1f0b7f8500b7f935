"""Numbers of the kernel's interface, each with the header that fixes it."""

# The kernel's include/linux/sched.h; /proc/PID/stat shows the word in its ninth field.
PF_FORKNOEXEC = 0x00000040

# linux/prctl.h
PR_SET_PDEATHSIG = 1
