# The exec stub for x86_64: a whole ELF file, header included, laid out by hand.
#
# argv is [ERRFD, PATH, ARG0, ARG1...]. It marks ERRFD close-on-exec, loads the seccomp filter that
# the file ends with, if there is one, and runs PATH with [ARG0, ARG1...] and its own environment.
# See docs/design/exec-stub.md.
#
# Kept across system calls: ebp ERRFD or -1, rbx PATH, r12 argv + 2, r13 envp, r8 the name of what
# may fail. After a failure: r14d errno, r15 errno in decimal, r12 the line being built, rdi the end
# of that line.

        .intel_syntax noprefix

        .equ    SYS_write, 1            # asm/unistd_64.h
        .equ    SYS_rt_sigprocmask, 14
        .equ    SYS_execve, 59
        .equ    SYS_fcntl, 72
        .equ    SYS_exit_group, 231
        .equ    SYS_seccomp, 317
        .equ    F_SETFD, 2              # linux/fcntl.h
        .equ    FD_CLOEXEC, 1
        .equ    SET_MODE_FILTER, 1      # linux/seccomp.h
        .equ    SIGPIPE_BIT, 1 << 12    # signal 13
        .equ    BUFFER, 8192            # a path of 4096 bytes and some words
        .equ    LONGEST, 4096           # PATH_MAX

        .text

# ELF header (elf(5)): 64-bit, position-independent, so that no address needs patching.
file:   .byte   0x7f
        .ascii  "ELF"
        .byte   2, 1, 1, 0              # ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE
        .8byte  0
        .2byte  3, 62                   # ET_DYN, EM_X86_64
        .4byte  1
        .8byte  _start - file           # e_entry
        .8byte  segments - file         # e_phoff
        .8byte  0                       # e_shoff
        .4byte  0                       # e_flags
        .2byte  64, 56, 2, 64, 0, 0     # e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum

# PT_LOAD: the whole file, readable and executable, never writable.
segments:
        .4byte  1, 5                    # PT_LOAD, PF_R | PF_X
        .8byte  0, 0, 0                 # p_offset, p_vaddr, p_paddr
        .8byte  end - file, end - file  # p_filesz, p_memsz
        .8byte  0x1000                  # p_align

# PT_GNU_STACK: the stack is readable and writable, never executable.
        .4byte  0x6474e551, 6           # PT_GNU_STACK, PF_R | PF_W
        .8byte  0, 0, 0
        .8byte  0, 0
        .8byte  16

# The stack holds argc, argv[0]..., NULL, envp..., NULL.
_start: pop     rax
        cmp     rax, 3
        jb      refuse
        lea     r13, [rsp + rax*8 + 8]
        pop     rsi
        pop     rbx
        mov     r12, rsp

# ERRFD: a minus sign means none; else decimal digits only. Anything else means that the
# container started this file itself, through /proc/self/exe or a #! line.
        or      ebp, -1
        cmp     byte ptr [rsi], '-'
        je      filter
        inc     ebp
        xor     eax, eax
digit:  lodsb
        sub     al, '0'
        cmp     al, 9
        ja      refuse
        imul    ebp, ebp, 10
        add     ebp, eax
        cmp     byte ptr [rsi], 0
        jne     digit

# fcntl(ERRFD, F_SETFD, FD_CLOEXEC)
        lea     r8, [rip + exec_word]
        mov     edi, ebp
        push    F_SETFD
        pop     rsi
        push    FD_CLOEXEC
        pop     rdx
        push    SYS_fcntl
        pop     rax
        syscall
        test    eax, eax
        js      failed

# seccomp(SECCOMP_SET_MODE_FILTER, flags, {count, instructions}). struct sock_fprog begins with
# an unsigned short, whose upper neighbours are padding. From here on only what the filter
# allows works: execve, or else the calls that tell why not.
filter: lea     rax, [rip + count]
        mov     ecx, [rax]
        jrcxz   run
        lea     r8, [rip + seccomp_word]
        lea     rdx, [rax + instructions - count]
        push    rdx
        push    rcx
        mov     rdx, rsp
        mov     esi, [rax + flags - count]
        push    SET_MODE_FILTER
        pop     rdi
        mov     eax, SYS_seccomp
        syscall
        test    eax, eax
        js      failed

# execve(PATH, argv + 2, envp): comes back only when it failed.
run:    lea     r8, [rip + exec_word]
        mov     rdi, rbx
        mov     rsi, r12
        mov     rdx, r13
        push    SYS_execve
        pop     rax
        syscall
failed: neg     eax
        mov     r14d, eax

# Block SIGPIPE, so that one reader which has gone does not cost the other its message.
# rt_sigprocmask(SIG_BLOCK, [SIGPIPE], NULL, 8)
        push    SIGPIPE_BIT
        xor     edi, edi
        mov     rsi, rsp
        xor     edx, edx
        push    8
        pop     r10
        push    SYS_rt_sigprocmask
        pop     rax
        syscall

# errno in decimal, written backwards from the end of the buffer.
        sub     rsp, BUFFER
        mov     r12, rsp
        lea     r15, [rsp + BUFFER - 1]
        mov     byte ptr [r15], 0
        mov     eax, r14d
        push    10
        pop     rcx
tenth:  xor     edx, edx
        div     ecx
        add     dl, '0'
        dec     r15
        mov     [r15], dl
        test    eax, eax
        jnz     tenth

# "exec: ERRNO" to ERRFD. Without one it goes to -1, which is no file, and is lost as it
# should be.
        mov     rdi, r12
        mov     rsi, r8
        call    append
        lea     rsi, [rip + colon]
        call    append
        mov     rsi, r15
        call    append
        mov     eax, ebp
        call    flush

# "exec PATH: text" to stderr.
        mov     rsi, r8
        call    append
        lea     rsi, [rip + space]
        call    append
        mov     rsi, rbx
        call    append
        lea     rsi, [rip + colon]
        call    append

# The text of errno; one that the table does not hold is "error ERRNO".
        lea     rsi, [rip + texts]
        xor     eax, eax
find:   lodsb
        cmp     eax, r14d
        je      found
        test    eax, eax
        jz      other
skip:   lodsb
        test    al, al
        jnz     skip
        jmp     find
other:  call    append
        mov     rsi, r15
found:  call    append
        push    2
        pop     rax
        call    flush

# exit_group(255), and a sure end where a filter refuses that.
exit:   mov     edi, 255
        mov     eax, SYS_exit_group
        syscall
        ud2

# Not started by the runtime: say so on stderr.
refuse: push    2
        pop     rdi
        lea     rsi, [rip + refusal]
        mov     edx, refusal_end - refusal
        push    SYS_write
        pop     rax
        syscall
        jmp     exit

# Append the string at rsi, at most LONGEST bytes of it, to the line that ends at rdi.
append: mov     ecx, LONGEST
copy:   lodsb
        stosb
        test    al, al
        loopnz  copy
        dec     rdi
        ret

# End the line, write it to the file in eax, and begin a new one.
flush:  mov     byte ptr [rdi], '\n'
        inc     rdi
        mov     rdx, rdi
        sub     rdx, r12
        mov     rsi, r12
        mov     edi, eax
        push    SYS_write
        pop     rax
        syscall
        mov     rdi, r12
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

# errno (asm-generic/errno-base.h, errno.h), then its text; 0 ends the table.
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

# The filter, put here by whoever writes the file: how many instructions, flags of seccomp(2),
# and as many struct sock_filter.
count:  .4byte  0
flags:  .4byte  0
instructions:
end:
