/*
 * Where the kernel enters the `sandbox` executable, with the first stack of the process (System V ABI, "Process Initialization"):
 * before_the_loader looks at it, and says where to go on with it, as the kernel would have entered the dynamic loader.
 */
	.text
	.globl sandbox_entry
	.type sandbox_entry, %function
sandbox_entry:
#if defined(__x86_64__)
	xorl %ebp, %ebp
	movq %rsp, %rbx
	movq %rsp, %rdi
	andq $-16, %rsp
	call before_the_loader
	movq %rbx, %rsp
	xorl %edx, %edx /* nothing to call at exit */
	xorl %ebx, %ebx
	jmp *%rax
#elif defined(__aarch64__)
	mov x29, xzr
	mov x30, xzr
	mov x19, sp
	mov x0, sp
	bl before_the_loader
	mov x16, x0
	mov sp, x19
	mov x0, xzr /* nothing to call at exit */
	mov x19, xzr
	br x16
#else
#error "no entry point is known for this processor"
#endif
	.size sandbox_entry, . - sandbox_entry
	.section .note.GNU-stack, "", %progbits
