/*
 * A process that is stopped goes on by SIGCONT, which nobody outside sends to a job that has not asked for it. So once every
 * process of the job is stopped, nothing becomes of it any more, and nobody but its parent is told of one that is (wait(2)).
 */
#include "stopped.h"

#include "sys.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

int stopped_by(pid_t child)
{
	siginfo_t state = { 0 };

	/* a stop by ptrace(2) is the tracer's affair */
	if (waitid(P_PID, (id_t)child, &state, WSTOPPED | WNOHANG | WNOWAIT) < 0 ||
	    state.si_code != CLD_STOPPED)
		return 0;
	return state.si_status;
}

/* Stopped, dead, or gone meanwhile. The name of the program is whatever it likes, and may hold a bracket (proc(5), /proc/pid/stat). */
static int does_nothing(int proc, const char *pid)
{
	char path[sizeof((struct dirent *)0)->d_name + 8], text[512];
	const char *end;
	ssize_t size;

	snprintf(path, sizeof path, "%s/stat", pid);

	autoclose int file = openat(proc, path, O_RDONLY | O_CLOEXEC);

	size = file < 0 ? 0 : read(file, text, sizeof text - 1);
	if (size <= 0)
		return 1;
	text[size] = 0;
	end = strrchr(text, ')');
	return end && end[1] == ' ' && strchr("TZX", end[2]) != NULL;
}

/* Everybody but us. */
static int all_do_nothing(int proc)
{
	_Alignas(struct dirent) char entries[4096];
	autoclose int directory = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long size;

	if (directory < 0)
		return 0;
	while ((size = syscall(SYS_getdents64, directory, entries, sizeof entries)) > 0)
		for (long at = 0; at < size;) {
			const struct dirent *entry = (const struct dirent *)&entries[at];

			at += entry->d_reclen;
			if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
			    strcmp(entry->d_name, "1") != 0 && !does_nothing(proc, entry->d_name))
				return 0;
		}
	return size == 0;
}

int stopped_for_good(int proc, pid_t payload)
{
	const int signal = stopped_by(payload);

	return signal && all_do_nothing(proc) ? signal : 0;
}
