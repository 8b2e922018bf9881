// Preloaded into user-mode Linux, which writes the registers of its processes with PTRACE_SETREGSET and a buffer for what processors had up to AVX-512.
// On one with AMX the kernel takes the whole XSAVE area of 11 KiB or nothing (EFAULT; arch/x86/kernel/fpu/regset.c, xstateregs_set), and the guest panics
// with its first process. The area is completed here: AMX needs a permission that no process of a guest has (arch_prctl(2), ARCH_REQ_XCOMP_PERM), so what
// is missing is in its initial state.

#define _GNU_SOURCE
#include <cpuid.h>
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

enum {
	STATE_COMPONENTS = 0xd, // CPUID leaf: EBX is the size of an area with all that is enabled
	COMPONENTS_AT = 512,    // XSTATE_BV: which components are not in their initial state
	LARGEST = 64 << 10,
};

static const uint64_t amx = 3ull << 17;

// The size of the whole area; 0 if it cannot be told.
static size_t whole_size(void)
{
	static size_t size;
	unsigned eax, ebx, ecx, edx;

	if (size == 0 && __get_cpuid_count(STATE_COMPONENTS, 0, &eax, &ebx, &ecx, &edx)) {
		size = ebx;
	}
	return size;
}

typedef long ptrace_function(enum __ptrace_request request, ...);

static ptrace_function *next;

static long write_whole(pid_t pid, const struct iovec *part)
{
	static _Alignas(64) char area[LARGEST];
	struct iovec whole = { area, whole_size() };
	uint64_t components;

	memset(area + part->iov_len, 0, whole.iov_len - part->iov_len);
	memcpy(area, part->iov_base, part->iov_len);
	memcpy(&components, area + COMPONENTS_AT, sizeof components);
	components &= ~amx;
	memcpy(area + COMPONENTS_AT, &components, sizeof components);
	return next(PTRACE_SETREGSET, pid, (void *)NT_X86_XSTATE, &whole);
}

// Its threads do not call it at the same time: each guest has one processor.
long ptrace(enum __ptrace_request request, ...)
{
	va_list arguments;
	pid_t pid;
	void *address;
	void *data;

	if (next == NULL) {
		next = (ptrace_function *)dlsym(RTLD_NEXT, "ptrace");
	}
	va_start(arguments, request);
	pid = va_arg(arguments, pid_t);
	address = va_arg(arguments, void *);
	data = va_arg(arguments, void *);
	va_end(arguments);
	if (request == PTRACE_SETREGSET && address == (void *)NT_X86_XSTATE) {
		const struct iovec *part = data;

		if (part->iov_len > COMPONENTS_AT + sizeof amx && part->iov_len < whole_size() &&
		    whole_size() <= LARGEST) {
			return write_whole(pid, part);
		}
	}
	return next(request, pid, address, data);
}
