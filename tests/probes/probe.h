/*
 * What every probe shares: a probe tries one thing and prints one line, "denied ERRNO" when the
 * sandbox held and "escaped: WHAT" when it did not. A test compares that line.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *errno_name(int error)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{ EPERM, "EPERM" },
		{ ENOENT, "ENOENT" },
		{ ESRCH, "ESRCH" },
		{ EINTR, "EINTR" },
		{ EIO, "EIO" },
		{ ENXIO, "ENXIO" },
		{ E2BIG, "E2BIG" },
		{ EBADF, "EBADF" },
		{ ECHILD, "ECHILD" },
		{ EAGAIN, "EAGAIN" },
		{ ENOMEM, "ENOMEM" },
		{ EACCES, "EACCES" },
		{ EFAULT, "EFAULT" },
		{ EBUSY, "EBUSY" },
		{ EEXIST, "EEXIST" },
		{ EXDEV, "EXDEV" },
		{ ENODEV, "ENODEV" },
		{ ENOTDIR, "ENOTDIR" },
		{ EISDIR, "EISDIR" },
		{ EINVAL, "EINVAL" },
		{ EMFILE, "EMFILE" },
		{ ENOTTY, "ENOTTY" },
		{ EFBIG, "EFBIG" },
		{ ENOSPC, "ENOSPC" },
		{ EROFS, "EROFS" },
		{ EMLINK, "EMLINK" },
		{ EPIPE, "EPIPE" },
		{ ENOSYS, "ENOSYS" },
		{ ENOTEMPTY, "ENOTEMPTY" },
		{ ELOOP, "ELOOP" },
		{ EUSERS, "EUSERS" },
		{ EDQUOT, "EDQUOT" },
		{ ENOKEY, "ENOKEY" },
		{ EAFNOSUPPORT, "EAFNOSUPPORT" },
		{ ENOPROTOOPT, "ENOPROTOOPT" },
		{ ETOOMANYREFS, "ETOOMANYREFS" },
		{ EPROTONOSUPPORT, "EPROTONOSUPPORT" },
		{ ECONNREFUSED, "ECONNREFUSED" },
		{ ECONNRESET, "ECONNRESET" },
		{ ENETUNREACH, "ENETUNREACH" },
		{ EADDRINUSE, "EADDRINUSE" },
		{ EADDRNOTAVAIL, "EADDRNOTAVAIL" },
		{ ENETDOWN, "ENETDOWN" },
		{ ENAMETOOLONG, "ENAMETOOLONG" },
		{ EOPNOTSUPP, "EOPNOTSUPP" },
		{ ESOCKTNOSUPPORT, "ESOCKTNOSUPPORT" },
		{ EOVERFLOW, "EOVERFLOW" },
		{ ETXTBSY, "ETXTBSY" },
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].number == error)
			return names[i].name;
	return "E?";
}

/* Ends the probe: the sandbox refused, and errno says how. */
static _Noreturn void denied(void)
{
	printf("denied %s\n", errno_name(errno));
	exit(0);
}

static _Noreturn void escaped(const char *format, ...)
{
	va_list arguments;

	printf("escaped: ");
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	exit(0);
}

/* Ends the probe: it could not even try, so the test must not pass. */
static _Noreturn void broken(const char *what)
{
	printf("broken: %s: %s\n", what, errno_name(errno));
	exit(99);
}

/* A call that must fail: anything but -1 is an escape. */
static _Noreturn void verdict(long result, const char *what)
{
	if (result < 0)
		denied();
	escaped("%s returned %ld", what, result);
}

static const char *argument(int argc, char **argv, int index)
{
	if (index >= argc) {
		printf("broken: argument %d is missing\n", index);
		exit(99);
	}
	return argv[index];
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

/* Burns CPU outside the kernel for this long; forever when negative. */
static void burn_user(double seconds)
{
	struct timespec start;
	volatile unsigned long counter = 0;

	clock_gettime(CLOCK_MONOTONIC, &start);
	do
		for (int i = 0; i < 100000; i++)
			counter++;
	while (seconds < 0 || seconds_since(&start) < seconds);
}

static void write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t written = write(fd, text, left);
		if (written <= 0)
			return;
		text += written;
		left -= (size_t)written;
	}
}
