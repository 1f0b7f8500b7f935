// The exec stub for aarch64: a whole ELF file, header included, laid out by hand.
//
// argv is [ERRFD, PATH, ARG0, ARG1...]. It marks ERRFD close-on-exec, loads the seccomp filter that
// the file ends with, if there is one, and runs PATH with [ARG0, ARG1...] and its own environment.
// See docs/design/exec-stub.md.
//
// Kept across system calls: w19 ERRFD or -1, x20 PATH, x21 argv + 2, x22 envp, x26 the name of what
// may fail. After a failure: w23 errno, x24 errno in decimal, sp the line being built, x25 the end
// of that line.

        .equ    SYS_fcntl, 25           // asm-generic/unistd.h
        .equ    SYS_write, 64
        .equ    SYS_exit_group, 94
        .equ    SYS_rt_sigprocmask, 135
        .equ    SYS_execve, 221
        .equ    SYS_seccomp, 277
        .equ    F_SETFD, 2              // linux/fcntl.h
        .equ    FD_CLOEXEC, 1
        .equ    SET_MODE_FILTER, 1      // linux/seccomp.h
        .equ    SIGPIPE_BIT, 1 << 12    // signal 13
        .equ    BUFFER, 8192            // a path of 4096 bytes and some words
        .equ    LONGEST, 4096           // PATH_MAX

        .text

// ELF header (elf(5)): 64-bit, position-independent, so that no address needs patching.
file:   .byte   0x7f
        .ascii  "ELF"
        .byte   2, 1, 1, 0              // ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE
        .8byte  0
        .2byte  3, 183                  // ET_DYN, EM_AARCH64
        .4byte  1
        .8byte  _start - file           // e_entry
        .8byte  segments - file         // e_phoff
        .8byte  0                       // e_shoff
        .4byte  0                       // e_flags
        .2byte  64, 56, 2, 64, 0, 0     // e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum

// PT_LOAD: the whole file, readable and executable, never writable. Pages may be of 64 KiB.
segments:
        .4byte  1, 5                    // PT_LOAD, PF_R | PF_X
        .8byte  0, 0, 0                 // p_offset, p_vaddr, p_paddr
        .8byte  end - file, end - file  // p_filesz, p_memsz
        .8byte  0x10000                 // p_align

// PT_GNU_STACK: the stack is readable and writable, never executable.
        .4byte  0x6474e551, 6           // PT_GNU_STACK, PF_R | PF_W
        .8byte  0, 0, 0
        .8byte  0, 0
        .8byte  16

// The stack holds argc, argv[0]..., NULL, envp..., NULL.
_start: ldr     x0, [sp]
        cmp     x0, 3
        b.lo    refuse
        ldr     x1, [sp, 8]
        ldr     x20, [sp, 16]
        add     x21, sp, 24
        add     x22, sp, 16
        add     x22, x22, x0, lsl 3

// ERRFD: a minus sign means none; else decimal digits only. Anything else means that the
// container started this file itself, through /proc/self/exe or a #! line.
        mov     w19, -1
        ldrb    w2, [x1]
        cmp     w2, '-'
        b.eq    filter
        mov     w19, 0
        mov     w3, 10
digit:  ldrb    w2, [x1], 1
        sub     w2, w2, '0'
        cmp     w2, 9
        b.hi    refuse
        madd    w19, w19, w3, w2
        ldrb    w2, [x1]
        cbnz    w2, digit

// fcntl(ERRFD, F_SETFD, FD_CLOEXEC)
        adr     x26, exec_word
        mov     w0, w19
        mov     x1, F_SETFD
        mov     x2, FD_CLOEXEC
        mov     x8, SYS_fcntl
        svc     0
        tbnz    w0, 31, failed

// seccomp(SECCOMP_SET_MODE_FILTER, flags, {count, instructions}). struct sock_fprog begins with
// an unsigned short, whose upper neighbours are padding. From here on only what the filter
// allows works: execve, or else the calls that tell why not.
filter: adr     x3, count
        ldr     w4, [x3]
        cbz     w4, run
        adr     x26, seccomp_word
        adr     x5, instructions
        stp     x4, x5, [sp, -16]!
        mov     x0, SET_MODE_FILTER
        ldr     w1, [x3, flags - count]
        mov     x2, sp
        mov     x8, SYS_seccomp
        svc     0
        tbnz    w0, 31, failed

// execve(PATH, argv + 2, envp): comes back only when it failed.
run:    adr     x26, exec_word
        mov     x0, x20
        mov     x1, x21
        mov     x2, x22
        mov     x8, SYS_execve
        svc     0
failed: neg     w23, w0

// Block SIGPIPE, so that one reader which has gone does not cost the other its message.
// rt_sigprocmask(SIG_BLOCK, [SIGPIPE], NULL, 8)
        sub     sp, sp, BUFFER
        mov     x1, SIGPIPE_BIT
        str     x1, [sp]
        mov     x0, 0
        mov     x1, sp
        mov     x2, 0
        mov     x3, 8
        mov     x8, SYS_rt_sigprocmask
        svc     0

// errno in decimal, written backwards from the end of the buffer.
        add     x24, sp, BUFFER
        strb    wzr, [x24, -1]!
        mov     w1, w23
        mov     w3, 10
tenth:  udiv    w2, w1, w3
        msub    w4, w2, w3, w1
        add     w4, w4, '0'
        strb    w4, [x24, -1]!
        mov     w1, w2
        cbnz    w1, tenth

// "exec: ERRNO" to ERRFD. Without one it goes to -1, which is no file, and is lost as it
// should be.
        mov     x25, sp
        mov     x1, x26
        bl      append
        adr     x1, colon
        bl      append
        mov     x1, x24
        bl      append
        mov     w0, w19
        bl      flush

// "exec PATH: text" to stderr.
        mov     x1, x26
        bl      append
        adr     x1, space
        bl      append
        mov     x1, x20
        bl      append
        adr     x1, colon
        bl      append

// The text of errno; one that the table does not hold is "error ERRNO".
        adr     x1, texts
find:   ldrb    w2, [x1], 1
        cmp     w2, w23
        b.eq    found
        cbz     w2, other
skip:   ldrb    w2, [x1], 1
        cbnz    w2, skip
        b       find
other:  bl      append
        mov     x1, x24
found:  bl      append
        mov     w0, 2
        bl      flush

// exit_group(255), and a sure end where a filter refuses that.
exit:   mov     w0, 255
        mov     x8, SYS_exit_group
        svc     0
        udf     0

// Not started by the runtime: say so on stderr.
refuse: mov     w0, 2
        adr     x1, refusal
        mov     x2, refusal_end - refusal
        mov     x8, SYS_write
        svc     0
        b       exit

// Append the string at x1, at most LONGEST bytes of it, to the line that ends at x25.
append: mov     w3, LONGEST
copy:   ldrb    w2, [x1], 1
        strb    w2, [x25], 1
        cbz     w2, ended
        subs    w3, w3, 1
        b.ne    copy
ended:  sub     x25, x25, 1
        ret

// End the line, write it to the file in w0, and begin a new one.
flush:  mov     w2, '\n'
        strb    w2, [x25], 1
        mov     x1, sp
        sub     x2, x25, x1
        mov     x8, SYS_write
        svc     0
        mov     x25, sp
        ret

exec_word:
        .asciz  "exec"
seccomp_word:
        .asciz  "seccomp"
space:  .asciz  " "
colon:  .asciz  ": "
refusal:
        .ascii  "exec: refusing to execute "
        .ascii  "the runtime's own stub\n"
refusal_end:

// errno (asm-generic/errno-base.h, errno.h), then its text; 0 ends the table.
texts:  .byte   2
        .asciz  "no such file or directory"
        .byte   8
        .asciz  "exec format error"
        .byte   13
        .asciz  "permission denied"
        .byte   1
        .asciz  "operation not permitted"
        .byte   5
        .asciz  "input/output error"
        .byte   7
        .asciz  "argument list too long"
        .byte   11
        .asciz  "resource temporarily unavailable"
        .byte   12
        .asciz  "cannot allocate memory"
        .byte   20
        .asciz  "not a directory"
        .byte   21
        .asciz  "is a directory"
        .byte   22
        .asciz  "invalid argument"
        .byte   26
        .asciz  "text file busy"
        .byte   36
        .asciz  "file name too long"
        .byte   40
        .asciz  "too many levels of symbolic links"
        .byte   80
        .asciz  "accessing a corrupted shared library"
        .byte   0
        .asciz  "error "

// The filter, put here by whoever writes the file: how many instructions, flags of seccomp(2),
// and as many struct sock_filter.
        .balign 4
count:  .4byte  0
flags:  .4byte  0
instructions:
end:
