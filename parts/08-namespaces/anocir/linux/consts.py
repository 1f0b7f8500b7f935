"""Numbers of the kernel's interface, each with the header that fixes it."""

# linux/sched.h
CLONE_NEWTIME = 0x00000080
CLONE_NEWCGROUP = 0x02000000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

# The kernel's include/linux/sched.h; /proc/PID/stat shows the word in its ninth field.
PF_FORKNOEXEC = 0x00000040

# linux/prctl.h
PR_SET_PDEATHSIG = 1

# linux/nsfs.h
NS_GET_NSTYPE = 0xB703
