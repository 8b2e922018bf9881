/*
 * System calls and strings for code that runs before the C library is there: no errno, no thread-local memory, nothing that a
 * dynamic loader would have to prepare. Each call is that of section 2 of the manual, and gives -errno (syscall(2)).
 */
#ifndef BARE_H
#define BARE_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define KERNEL_SIGNALS 8 /* bytes of the kernel's sigset_t */
#define BIT_OF(signal) (1ul << ((signal)-1))

static inline long bare_call(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
			 : "memory");
	return x0;
#endif
}

#define CALL(name, ...) CALL_(SYS_##name, __VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define CALL_(number, a, b, c, d, e, f, ...) \
	bare_call(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static inline int bare_open(const char *path, int flags)
{
	return (int)CALL(openat, AT_FDCWD, path, flags);
}

static inline int bare_open_at(int directory, const char *name, int flags)
{
	return (int)CALL(openat, directory, name, flags);
}

static inline void bare_close(int fd)
{
	CALL(close, fd);
}

static inline long bare_read(int fd, void *to, size_t size)
{
	return CALL(read, fd, to, size);
}

static inline long bare_write(int fd, const void *from, size_t size)
{
	return CALL(write, fd, from, size);
}

static inline int bare_fcntl(int fd, int command, long argument)
{
	return (int)CALL(fcntl, fd, command, argument);
}

static inline int bare_status(int fd, struct statx *status)
{
	return (int)CALL(statx, fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MODE | STATX_UID | STATX_SIZE, status);
}

static inline long bare_read_link(const char *path, char *to, size_t size)
{
	return CALL(readlinkat, AT_FDCWD, path, to, size);
}

/* Milliseconds; less than zero for no end. */
static inline int bare_poll(struct pollfd *fds, unsigned count, int milliseconds)
{
	struct {
		long seconds, nanoseconds;
	} time = { milliseconds / 1000, milliseconds % 1000 * 1000000l };

	return (int)CALL(ppoll, fds, count, milliseconds < 0 ? NULL : &time);
}

/* Memory of its own pages, zero; NULL if there is none. */
static inline void *bare_map(size_t size)
{
	long address = CALL(mmap, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return address < 0 && address > -4096 ? NULL : (void *)address;
}

static inline void bare_unmap(void *memory, size_t size)
{
	if (memory != NULL)
		CALL(munmap, memory, size);
}

__attribute__((noreturn)) static inline void bare_exit(int status)
{
	for (;;)
		CALL(exit_group, status);
}

/* What becomes of a signal: a handler, SIG_DFL or SIG_IGN. Handlers need a return that the C library has, so only the other two can be set. */
struct bare_action {
	void *handler;
	unsigned long flags;
	void *restorer;
	unsigned long mask;
};

static inline int bare_signal(int signal, const struct bare_action *action, struct bare_action *before)
{
	return (int)CALL(rt_sigaction, signal, action, before, KERNEL_SIGNALS);
}

static inline int bare_mask(int how, const unsigned long *set, unsigned long *before)
{
	return (int)CALL(rt_sigprocmask, how, set, before, KERNEL_SIGNALS);
}

static inline size_t length_of(const char *text)
{
	size_t length = 0;

	while (text[length] != 0)
		length++;
	return length;
}

/* As many bytes are the same; texts end with their zero. */
static inline int same_start(const char *one, const char *other, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (one[i] != other[i])
			return 0;
		if (one[i] == 0)
			return 1;
	}
	return 1;
}

static inline int same(const char *one, const char *other)
{
	return same_start(one, other, (size_t)-1);
}

/* The place of the last such character; NULL if there is none. */
static inline const char *last_of(const char *text, char wanted)
{
	const char *found = NULL;

	for (; *text != 0; text++)
		if (*text == wanted)
			found = text;
	return found;
}

/* A text that grows up to a size; what does not fit is left out, and counted. */
struct words {
	char *text;
	size_t size; /* of the memory, with the zero at the end */
	size_t used; /* what the whole would need, without it */
};

static inline void add(struct words *words, const char *text)
{
	for (; *text != 0; text++, words->used++)
		if (words->used + 1 < words->size)
			words->text[words->used] = *text;
	words->text[words->used < words->size ? words->used : words->size - 1] = 0;
}

static inline void add_number(struct words *words, unsigned long number)
{
	char digits[24] = { 0 }, *at = digits + sizeof digits - 1;

	do
		*--at = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	add(words, at);
}

static inline int fits(const struct words *words)
{
	return words->used < words->size;
}

/* The value of a variable of the environment that this program was started with; NULL if there is none. */
static inline const char *variable(char *const *environment, const char *name)
{
	size_t length = length_of(name);

	for (; *environment != NULL; environment++)
		if (same_start(*environment, name, length) && (*environment)[length] == '=')
			return *environment + length + 1;
	return NULL;
}

#endif
