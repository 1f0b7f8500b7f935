"""The exec stub as machine code, one ELF file for each machine.

Made by `python3 -m tools.stub` from tools/stub/stub-*.S: change those, not this.
"""

from __future__ import annotations

_X86_64 = bytes.fromhex(
    # ELF header (elf(5)): 64-bit, position-independent, so that no address needs patching.
    "7f"  # file: .byte 0x7f
    "454c46"  # .ascii "ELF"
    "02010100"  # .byte 2, 1, 1, 0 # ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE
    "0000000000000000"  # .8byte 0
    "03003e00"  # .2byte 3, 62 # ET_DYN, EM_X86_64
    "01000000"  # .4byte 1
    "b000000000000000"  # .8byte _start - file # e_entry
    "4000000000000000"  # .8byte segments - file # e_phoff
    "0000000000000000"  # .8byte 0 # e_shoff
    "00000000"  # .4byte 0 # e_flags
    # .2byte 64, 56, 2, 64, 0, 0 # e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum
    "400038000200400000000000"
    # PT_LOAD: the whole file, readable and executable, never writable.
    "0100000005000000"  # segments: .4byte 1, 5 # PT_LOAD, PF_R | PF_X
    # .8byte 0, 0, 0 # p_offset, p_vaddr, p_paddr
    "000000000000000000000000000000000000000000000000"
    "09040000000000000904000000000000"  # .8byte end - file, end - file # p_filesz, p_memsz
    "0010000000000000"  # .8byte 0x1000 # p_align
    # PT_GNU_STACK: the stack is readable and writable, never executable.
    "51e5746406000000"  # .4byte 0x6474e551, 6 # PT_GNU_STACK, PF_R | PF_W
    "000000000000000000000000000000000000000000000000"  # .8byte 0, 0, 0
    "00000000000000000000000000000000"  # .8byte 0, 0
    "1000000000000000"  # .8byte 16
    # The stack holds argc, argv[0]..., NULL, envp..., NULL.
    "58"  # _start: pop rax
    "4883f803"  # cmp rax, 3
    "0f825c010000"  # jb refuse
    "4c8d6cc408"  # lea r13, [rsp + rax*8 + 8]
    "5e"  # pop rsi
    "5b"  # pop rbx
    "4989e4"  # mov r12, rsp
    # ERRFD: a minus sign means none; else decimal digits only. Anything else means that the
    # container started this file itself, through /proc/self/exe or a #! line.
    "83cdff"  # or ebp, -1
    "803e2d"  # cmp byte ptr [rsi], '-'
    "7431"  # je filter
    "ffc5"  # inc ebp
    "31c0"  # xor eax, eax
    "ac"  # digit: lodsb
    "2c30"  # sub al, '0'
    "3c09"  # cmp al, 9
    "0f873b010000"  # ja refuse
    "6bed0a"  # imul ebp, ebp, 10
    "01c5"  # add ebp, eax
    "803e00"  # cmp byte ptr [rsi], 0
    "75eb"  # jne digit
    # fcntl(ERRFD, F_SETFD, FD_CLOEXEC)
    "4c8d0569010000"  # lea r8, [rip + exec_word]
    "89ef"  # mov edi, ebp
    "6a02"  # push F_SETFD
    "5e"  # pop rsi
    "6a01"  # push FD_CLOEXEC
    "5a"  # pop rdx
    "6a48"  # push SYS_fcntl
    "58"  # pop rax
    "0f05"  # syscall
    "85c0"  # test eax, eax
    "7847"  # js failed
    # seccomp(SECCOMP_SET_MODE_FILTER, flags, {count, instructions}). struct sock_fprog begins with
    # an unsigned short, whose upper neighbours are padding. From here on only what the filter
    # allows works: execve, or else the calls that tell why not.
    "488d05fc020000"  # filter: lea rax, [rip + count]
    "8b08"  # mov ecx, [rax]
    "e327"  # jrcxz run
    "4c8d054b010000"  # lea r8, [rip + seccomp_word]
    "488d9008000000"  # lea rdx, [rax + instructions - count]
    "52"  # push rdx
    "51"  # push rcx
    "4889e2"  # mov rdx, rsp
    "8bb004000000"  # mov esi, [rax + flags - count]
    "6a01"  # push SET_MODE_FILTER
    "5f"  # pop rdi
    "b83d010000"  # mov eax, SYS_seccomp
    "0f05"  # syscall
    "85c0"  # test eax, eax
    "7815"  # js failed
    # execve(PATH, argv + 2, envp): comes back only when it failed.
    "4c8d051f010000"  # run: lea r8, [rip + exec_word]
    "4889df"  # mov rdi, rbx
    "4c89e6"  # mov rsi, r12
    "4c89ea"  # mov rdx, r13
    "6a3b"  # push SYS_execve
    "58"  # pop rax
    "0f05"  # syscall
    "f7d8"  # failed: neg eax
    "4189c6"  # mov r14d, eax
    # Block SIGPIPE, so that one reader which has gone does not cost the other its message.
    # rt_sigprocmask(SIG_BLOCK, [SIGPIPE], NULL, 8)
    "6800100000"  # push SIGPIPE_BIT
    "31ff"  # xor edi, edi
    "4889e6"  # mov rsi, rsp
    "31d2"  # xor edx, edx
    "6a08"  # push 8
    "415a"  # pop r10
    "6a0e"  # push SYS_rt_sigprocmask
    "58"  # pop rax
    "0f05"  # syscall
    # errno in decimal, written backwards from the end of the buffer.
    "4881ec00200000"  # sub rsp, BUFFER
    "4989e4"  # mov r12, rsp
    "4c8dbc24ff1f0000"  # lea r15, [rsp + BUFFER - 1]
    "41c60700"  # mov byte ptr [r15], 0
    "4489f0"  # mov eax, r14d
    "6a0a"  # push 10
    "59"  # pop rcx
    "31d2"  # tenth: xor edx, edx
    "f7f1"  # div ecx
    "80c230"  # add dl, '0'
    "49ffcf"  # dec r15
    "418817"  # mov [r15], dl
    "85c0"  # test eax, eax
    "75ef"  # jnz tenth
    # "exec: ERRNO" to ERRFD. Without one it goes to -1, which is no file, and is lost as it
    # should be.
    "4c89e7"  # mov rdi, r12
    "4c89c6"  # mov rsi, r8
    "e896000000"  # call append
    "488d35c7000000"  # lea rsi, [rip + colon]
    "e88a000000"  # call append
    "4c89fe"  # mov rsi, r15
    "e882000000"  # call append
    "89e8"  # mov eax, ebp
    "e88a000000"  # call flush
    # "exec PATH: text" to stderr.
    "4c89c6"  # mov rsi, r8
    "e873000000"  # call append
    "488d35a2000000"  # lea rsi, [rip + space]
    "e867000000"  # call append
    "4889de"  # mov rsi, rbx
    "e85f000000"  # call append
    "488d3590000000"  # lea rsi, [rip + colon]
    "e853000000"  # call append
    # The text of errno; one that the table does not hold is "error ERRNO".
    "488d35b8000000"  # lea rsi, [rip + texts]
    "31c0"  # xor eax, eax
    "ac"  # find: lodsb
    "4439f0"  # cmp eax, r14d
    "7413"  # je found
    "85c0"  # test eax, eax
    "7407"  # jz other
    "ac"  # skip: lodsb
    "84c0"  # test al, al
    "75fb"  # jnz skip
    "ebef"  # jmp find
    "e834000000"  # other: call append
    "4c89fe"  # mov rsi, r15
    "e82c000000"  # found: call append
    "6a02"  # push 2
    "58"  # pop rax
    "e833000000"  # call flush
    # exit_group(255), and a sure end where a filter refuses that.
    "bfff000000"  # exit: mov edi, 255
    "b8e7000000"  # mov eax, SYS_exit_group
    "0f05"  # syscall
    "0f0b"  # ud2
    # Not started by the runtime: say so on stderr.
    "6a02"  # refuse: push 2
    "5f"  # pop rdi
    "488d3547000000"  # lea rsi, [rip + refusal]
    "ba31000000"  # mov edx, refusal_end - refusal
    "6a01"  # push SYS_write
    "58"  # pop rax
    "0f05"  # syscall
    "ebdc"  # jmp exit
    # Append the string at rsi, at most LONGEST bytes of it, to the line that ends at rdi.
    "b900100000"  # append: mov ecx, LONGEST
    "ac"  # copy: lodsb
    "aa"  # stosb
    "84c0"  # test al, al
    "e0fa"  # loopnz copy
    "48ffcf"  # dec rdi
    "c3"  # ret
    # End the line, write it to the file in eax, and begin a new one.
    "c6070a"  # flush: mov byte ptr [rdi], '\n'
    "48ffc7"  # inc rdi
    "4889fa"  # mov rdx, rdi
    "4c29e2"  # sub rdx, r12
    "4c89e6"  # mov rsi, r12
    "89c7"  # mov edi, eax
    "6a01"  # push SYS_write
    "58"  # pop rax
    "0f05"  # syscall
    "4c89e7"  # mov rdi, r12
    "c3"  # ret
    "6578656300"  # exec_word: .asciz "exec"
    "736563636f6d7000"  # seccomp_word: .asciz "seccomp"
    "2000"  # space: .asciz " "
    "3a2000"  # colon: .asciz ": "
    # refusal: .ascii "exec: refusing to execute "
    "657865633a207265667573696e6720746f206578656375746520"
    "7468652072756e74696d652773206f776e20737475620a"  # .ascii "the runtime's own stub\n"
    # errno (asm-generic/errno-base.h, errno.h), then its text; 0 ends the table.
    "02"  # refusal_end: texts: .byte 2
    "6e6f20737563682066696c65206f72206469726563746f727900"  # .asciz "no such file or directory"
    "08"  # .byte 8
    "6578656320666f726d6174206572726f7200"  # .asciz "exec format error"
    "0d"  # .byte 13
    "7065726d697373696f6e2064656e69656400"  # .asciz "permission denied"
    "01"  # .byte 1
    "6f7065726174696f6e206e6f74207065726d697474656400"  # .asciz "operation not permitted"
    "05"  # .byte 5
    "696e7075742f6f7574707574206572726f7200"  # .asciz "input/output error"
    "07"  # .byte 7
    "617267756d656e74206c69737420746f6f206c6f6e6700"  # .asciz "argument list too long"
    "0b"  # .byte 11
    # .asciz "resource temporarily unavailable"
    "7265736f757263652074656d706f726172696c7920756e617661696c61626c6500"
    "0c"  # .byte 12
    "63616e6e6f7420616c6c6f63617465206d656d6f727900"  # .asciz "cannot allocate memory"
    "14"  # .byte 20
    "6e6f742061206469726563746f727900"  # .asciz "not a directory"
    "15"  # .byte 21
    "69732061206469726563746f727900"  # .asciz "is a directory"
    "16"  # .byte 22
    "696e76616c696420617267756d656e7400"  # .asciz "invalid argument"
    "1a"  # .byte 26
    "746578742066696c65206275737900"  # .asciz "text file busy"
    "24"  # .byte 36
    "66696c65206e616d6520746f6f206c6f6e6700"  # .asciz "file name too long"
    "28"  # .byte 40
    # .asciz "too many levels of symbolic links"
    "746f6f206d616e79206c6576656c73206f662073796d626f6c6963206c696e6b7300"
    "50"  # .byte 80
    # .asciz "accessing a corrupted shared library"
    "616363657373696e67206120636f7272757074656420736861726564206c69627261727900"
    "00"  # .byte 0
    "6572726f722000"  # .asciz "error "
    # The filter, put here by whoever writes the file: how many instructions, flags of seccomp(2),
    # and as many struct sock_filter.
    "00000000"  # count: .4byte 0
    "00000000"  # flags: .4byte 0
)

_AARCH64 = bytes.fromhex(
    # ELF header (elf(5)): 64-bit, position-independent, so that no address needs patching.
    "7f"  # file: .byte 0x7f
    "454c46"  # .ascii "ELF"
    "02010100"  # .byte 2, 1, 1, 0 // ELFCLASS64, ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE
    "0000000000000000"  # .8byte 0
    "0300b700"  # .2byte 3, 183 // ET_DYN, EM_AARCH64
    "01000000"  # .4byte 1
    "b000000000000000"  # .8byte _start - file // e_entry
    "4000000000000000"  # .8byte segments - file // e_phoff
    "0000000000000000"  # .8byte 0 // e_shoff
    "00000000"  # .4byte 0 // e_flags
    # .2byte 64, 56, 2, 64, 0, 0 // e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum
    "400038000200400000000000"
    # PT_LOAD: the whole file, readable and executable, never writable. Pages may be of 64 KiB.
    "0100000005000000"  # segments: .4byte 1, 5 // PT_LOAD, PF_R | PF_X
    # .8byte 0, 0, 0 // p_offset, p_vaddr, p_paddr
    "000000000000000000000000000000000000000000000000"
    "4c040000000000004c04000000000000"  # .8byte end - file, end - file // p_filesz, p_memsz
    "0000010000000000"  # .8byte 0x10000 // p_align
    # PT_GNU_STACK: the stack is readable and writable, never executable.
    "51e5746406000000"  # .4byte 0x6474e551, 6 // PT_GNU_STACK, PF_R | PF_W
    "000000000000000000000000000000000000000000000000"  # .8byte 0, 0, 0
    "00000000000000000000000000000000"  # .8byte 0, 0
    "1000000000000000"  # .8byte 16
    # The stack holds argc, argv[0]..., NULL, envp..., NULL.
    "e00340f9"  # _start: ldr x0, [sp]
    "1f0c00f1"  # cmp x0, 3
    "430c0054"  # b.lo refuse
    "e10740f9"  # ldr x1, [sp, 8]
    "f40b40f9"  # ldr x20, [sp, 16]
    "f5630091"  # add x21, sp, 24
    "f6430091"  # add x22, sp, 16
    "d60e008b"  # add x22, x22, x0, lsl 3
    # ERRFD: a minus sign means none; else decimal digits only. Anything else means that the
    # container started this file itself, through /proc/self/exe or a #! line.
    "13008012"  # mov w19, -1
    "22004039"  # ldrb w2, [x1]
    "5fb40071"  # cmp w2, '-'
    "20020054"  # b.eq filter
    "13008052"  # mov w19, 0
    "43018052"  # mov w3, 10
    "22144038"  # digit: ldrb w2, [x1], 1
    "42c00051"  # sub w2, w2, '0'
    "5f240071"  # cmp w2, 9
    "680a0054"  # b.hi refuse
    "730a031b"  # madd w19, w19, w3, w2
    "22004039"  # ldrb w2, [x1]
    "42ffff35"  # cbnz w2, digit
    # fcntl(ERRFD, F_SETFD, FD_CLOEXEC)
    "ba0c0010"  # adr x26, exec_word
    "e003132a"  # mov w0, w19
    "410080d2"  # mov x1, F_SETFD
    "220080d2"  # mov x2, FD_CLOEXEC
    "280380d2"  # mov x8, SYS_fcntl
    "010000d4"  # svc 0
    "6002f837"  # tbnz w0, 31, failed
    # seccomp(SECCOMP_SET_MODE_FILTER, flags, {count, instructions}). struct sock_fprog begins with
    # an unsigned short, whose upper neighbours are padding. From here on only what the filter
    # allows works: execve, or else the calls that tell why not.
    "23190010"  # filter: adr x3, count
    "640040b9"  # ldr w4, [x3]
    "44010034"  # cbz w4, run
    "9a0b0030"  # adr x26, seccomp_word
    "e5180010"  # adr x5, instructions
    "e417bfa9"  # stp x4, x5, [sp, -16]!
    "200080d2"  # mov x0, SET_MODE_FILTER
    "610440b9"  # ldr w1, [x3, flags - count]
    "e2030091"  # mov x2, sp
    "a82280d2"  # mov x8, SYS_seccomp
    "010000d4"  # svc 0
    "e000f837"  # tbnz w0, 31, failed
    # execve(PATH, argv + 2, envp): comes back only when it failed.
    "5a0a0010"  # run: adr x26, exec_word
    "e00314aa"  # mov x0, x20
    "e10315aa"  # mov x1, x21
    "e20316aa"  # mov x2, x22
    "a81b80d2"  # mov x8, SYS_execve
    "010000d4"  # svc 0
    "f703004b"  # failed: neg w23, w0
    # Block SIGPIPE, so that one reader which has gone does not cost the other its message.
    # rt_sigprocmask(SIG_BLOCK, [SIGPIPE], NULL, 8)
    "ff0b40d1"  # sub sp, sp, BUFFER
    "010082d2"  # mov x1, SIGPIPE_BIT
    "e10300f9"  # str x1, [sp]
    "000080d2"  # mov x0, 0
    "e1030091"  # mov x1, sp
    "020080d2"  # mov x2, 0
    "030180d2"  # mov x3, 8
    "e81080d2"  # mov x8, SYS_rt_sigprocmask
    "010000d4"  # svc 0
    # errno in decimal, written backwards from the end of the buffer.
    "f80b4091"  # add x24, sp, BUFFER
    "1fff1f38"  # strb wzr, [x24, -1]!
    "e103172a"  # mov w1, w23
    "43018052"  # mov w3, 10
    "2208c31a"  # tenth: udiv w2, w1, w3
    "4484031b"  # msub w4, w2, w3, w1
    "84c00011"  # add w4, w4, '0'
    "04ff1f38"  # strb w4, [x24, -1]!
    "e103022a"  # mov w1, w2
    "61ffff35"  # cbnz w1, tenth
    # "exec: ERRNO" to ERRFD. Without one it goes to -1, which is no file, and is lost as it
    # should be.
    "f9030091"  # mov x25, sp
    "e1031aaa"  # mov x1, x26
    "26000094"  # bl append
    "01070070"  # adr x1, colon
    "24000094"  # bl append
    "e10318aa"  # mov x1, x24
    "22000094"  # bl append
    "e003132a"  # mov w0, w19
    "28000094"  # bl flush
    # "exec PATH: text" to stderr.
    "e1031aaa"  # mov x1, x26
    "1e000094"  # bl append
    "01060030"  # adr x1, space
    "1c000094"  # bl append
    "e10314aa"  # mov x1, x20
    "1a000094"  # bl append
    "81050070"  # adr x1, colon
    "18000094"  # bl append
    # The text of errno; one that the table does not hold is "error ERRNO".
    "e1060070"  # adr x1, texts
    "22144038"  # find: ldrb w2, [x1], 1
    "5f00176b"  # cmp w2, w23
    "e0000054"  # b.eq found
    "82000034"  # cbz w2, other
    "22144038"  # skip: ldrb w2, [x1], 1
    "e2ffff35"  # cbnz w2, skip
    "faffff17"  # b find
    "0f000094"  # other: bl append
    "e10318aa"  # mov x1, x24
    "0d000094"  # found: bl append
    "40008052"  # mov w0, 2
    "13000094"  # bl flush
    # exit_group(255), and a sure end where a filter refuses that.
    "e01f8052"  # exit: mov w0, 255
    "c80b80d2"  # mov x8, SYS_exit_group
    "010000d4"  # svc 0
    "00000000"  # udf 0
    # Not started by the runtime: say so on stderr.
    "40008052"  # refuse: mov w0, 2
    "21030050"  # adr x1, refusal
    "220680d2"  # mov x2, refusal_end - refusal
    "080880d2"  # mov x8, SYS_write
    "010000d4"  # svc 0
    "f7ffff17"  # b exit
    # Append the string at x1, at most LONGEST bytes of it, to the line that ends at x25.
    "03008252"  # append: mov w3, LONGEST
    "22144038"  # copy: ldrb w2, [x1], 1
    "22170038"  # strb w2, [x25], 1
    "62000034"  # cbz w2, ended
    "63040071"  # subs w3, w3, 1
    "81ffff54"  # b.ne copy
    "390700d1"  # ended: sub x25, x25, 1
    "c0035fd6"  # ret
    # End the line, write it to the file in w0, and begin a new one.
    "42018052"  # flush: mov w2, '\n'
    "22170038"  # strb w2, [x25], 1
    "e1030091"  # mov x1, sp
    "220301cb"  # sub x2, x25, x1
    "080880d2"  # mov x8, SYS_write
    "010000d4"  # svc 0
    "f9030091"  # mov x25, sp
    "c0035fd6"  # ret
    "6578656300"  # exec_word: .asciz "exec"
    "736563636f6d7000"  # seccomp_word: .asciz "seccomp"
    "2000"  # space: .asciz " "
    "3a2000"  # colon: .asciz ": "
    # refusal: .ascii "exec: refusing to execute "
    "657865633a207265667573696e6720746f206578656375746520"
    "7468652072756e74696d652773206f776e20737475620a"  # .ascii "the runtime's own stub\n"
    # errno (asm-generic/errno-base.h, errno.h), then its text; 0 ends the table.
    "02"  # refusal_end: texts: .byte 2
    "6e6f20737563682066696c65206f72206469726563746f727900"  # .asciz "no such file or directory"
    "08"  # .byte 8
    "6578656320666f726d6174206572726f7200"  # .asciz "exec format error"
    "0d"  # .byte 13
    "7065726d697373696f6e2064656e69656400"  # .asciz "permission denied"
    "01"  # .byte 1
    "6f7065726174696f6e206e6f74207065726d697474656400"  # .asciz "operation not permitted"
    "05"  # .byte 5
    "696e7075742f6f7574707574206572726f7200"  # .asciz "input/output error"
    "07"  # .byte 7
    "617267756d656e74206c69737420746f6f206c6f6e6700"  # .asciz "argument list too long"
    "0b"  # .byte 11
    # .asciz "resource temporarily unavailable"
    "7265736f757263652074656d706f726172696c7920756e617661696c61626c6500"
    "0c"  # .byte 12
    "63616e6e6f7420616c6c6f63617465206d656d6f727900"  # .asciz "cannot allocate memory"
    "14"  # .byte 20
    "6e6f742061206469726563746f727900"  # .asciz "not a directory"
    "15"  # .byte 21
    "69732061206469726563746f727900"  # .asciz "is a directory"
    "16"  # .byte 22
    "696e76616c696420617267756d656e7400"  # .asciz "invalid argument"
    "1a"  # .byte 26
    "746578742066696c65206275737900"  # .asciz "text file busy"
    "24"  # .byte 36
    "66696c65206e616d6520746f6f206c6f6e6700"  # .asciz "file name too long"
    "28"  # .byte 40
    # .asciz "too many levels of symbolic links"
    "746f6f206d616e79206c6576656c73206f662073796d626f6c6963206c696e6b7300"
    "50"  # .byte 80
    # .asciz "accessing a corrupted shared library"
    "616363657373696e67206120636f7272757074656420736861726564206c69627261727900"
    "00"  # .byte 0
    "6572726f722000"  # .asciz "error "
    # The filter, put here by whoever writes the file: how many instructions, flags of seccomp(2),
    # and as many struct sock_filter.
    "00"  # .balign 4
    "00000000"  # count: .4byte 0
    "00000000"  # flags: .4byte 0
)

CODE = {"x86_64": _X86_64, "aarch64": _AARCH64}
