/*
 * `sandbox exec` by way of a running job host: before the managed runtime starts, the job goes to the server's second socket, and
 * result and exit status come back. Whatever is not plain (another option, a job that is no regular file, an answer that says so)
 * returns, and this process runs the job by itself; nothing of it has been started then. docs/serve.md, "Jobs of the commands".
 */
#define _GNU_SOURCE
#include "hand_over.h"
#include "server_call.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define SANDBOX_FAILED 3
#define LARGEST_JOB (64ul << 20)

struct wish {
	const char *server; /* asked for by the caller; NULL for none */
	const char *file;
	int pretty;
	int is_plain; /* nothing is asked for that only this process can do */
};

static void fail(const char *server, const char *reason)
{
	char words[PATH_MAX + 200];
	int length = snprintf(words, sizeof words, "sandbox: the server %s %s\n", server, reason);

	/* control characters of a path are no command to a terminal */
	for (int i = 0; i < length - 1 && i < (int)sizeof words - 1; i++)
		if ((unsigned char)words[i] < ' ' || words[i] == 127)
			words[i] = '?';
	if (write(STDERR_FILENO, words, strlen(words)) < 0)
		_exit(SANDBOX_FAILED);
	_exit(SANDBOX_FAILED);
}

/* The value of an option with one, as "--name value" or "--name=value"; NULL if it is another option. */
static const char *value_of(const char *name, int argc, char **argv, int *at)
{
	size_t length = strlen(name);

	if (strncmp(argv[*at], name, length) != 0)
		return NULL;
	if (argv[*at][length] == '=')
		return argv[*at] + length + 1;
	return argv[*at][length] == 0 && *at + 1 < argc ? argv[++*at] : NULL;
}

/* 0 where the managed code is to look at the arguments: wrong usage is its affair. */
static int read_wish(int argc, char **argv, struct wish *wish)
{
	*wish = (struct wish){ .is_plain = 1 };
	for (int i = 2; i < argc; i++) {
		const char *value;

		if (argv[i][0] != '-' || argv[i][1] == 0) {
			wish->is_plain &= wish->file == NULL && argv[i][0] != '-';
			wish->file = argv[i];
		} else if (strcmp(argv[i], "--pretty") == 0) {
			wish->pretty = 1;
		} else if ((value = value_of("--server", argc, argv, &i)) != NULL) {
			wish->server = value;
		} else if (value_of("--result", argc, argv, &i) != NULL ||
			   value_of("--cgroup", argc, argv, &i) != NULL ||
			   value_of("--lease-cores", argc, argv, &i) != NULL) {
			wish->is_plain = 0;
		} else {
			return 0;
		}
	}
	return wish->file != NULL;
}

/* As fstat(2), whose symbol is newer than the C library that is asked for. */
static int look_at(int fd, struct statx *status)
{
	return statx(fd, "", AT_EMPTY_PATH, STATX_TYPE | STATX_MODE | STATX_SIZE, status);
}

/* Nothing is known against writing the result: else the managed code has the words for it. */
static int output_is_plain(void)
{
	struct pollfd output = { .fd = STDOUT_FILENO, .events = POLLOUT };
	int flags = fcntl(STDOUT_FILENO, F_GETFL);
	struct statx status;

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || look_at(STDOUT_FILENO, &status) < 0)
		return 0;
	if (S_ISCHR(status.stx_mode) && write(STDOUT_FILENO, "", 0) < 0)
		return 0;
	return !S_ISFIFO(status.stx_mode) || poll(&output, 1, 0) < 0 || !(output.revents & POLLERR);
}

static int signals_are_plain(void)
{
	struct sigaction action;
	sigset_t blocked;

	if (sigprocmask(SIG_BLOCK, NULL, &blocked) < 0)
		return 0;
	for (int i = 0; i < 2; i++) {
		int signal = i ? SIGTERM : SIGINT;

		if (sigismember(&blocked, signal) || sigaction(signal, NULL, &action) < 0 ||
		    action.sa_handler != SIG_DFL)
			return 0;
	}
	return 1;
}

/* The content of a regular file; NULL for whatever cannot be read twice, and for what cannot be read. */
static char *read_job(const char *path, uint32_t *bytes)
{
	struct statx status;
	char *content = NULL;
	size_t had = 0;
	/* O_NONBLOCK: a pipe without a writer is not waited for here */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && look_at(fd, &status) == 0 && S_ISREG(status.stx_mode) && status.stx_size > 0 &&
	    (size_t)status.stx_size <= LARGEST_JOB && (content = malloc((size_t)status.stx_size)) != NULL) {
		ssize_t count;

		while (had < (size_t)status.stx_size &&
		       (count = read(fd, content + had, (size_t)status.stx_size - had)) > 0)
			had += (size_t)count;
		if (had != (size_t)status.stx_size) {
			free(content);
			content = NULL;
		}
	}
	if (fd >= 0)
		close(fd);
	*bytes = (uint32_t)had;
	return content;
}

/* The directory that relative paths of the job start from, without links, as for a job that runs here. */
static int find_directory(const char *file, char *directory)
{
	char named[PATH_MAX];
	const char *slash = strrchr(file, '/');
	size_t length = slash == NULL ? 0 : slash == file ? 1 : (size_t)(slash - file);

	if (length >= sizeof named)
		return 0;
	memcpy(named, file, length);
	named[length] = 0;
	return realpath(length == 0 ? "." : named, directory) != NULL;
}

/* SIGINT and SIGTERM, from a signalfd. */
struct signals {
	struct listener listener;
	sigset_t both;
	int asked;
};

/* The first asks for the job's end, whose result is still awaited; the second ends us, as it would have. */
static void take_signal(struct listener *listener, int connection)
{
	struct signals *signals = (struct signals *)listener;
	struct signalfd_siginfo taken;

	if (read(listener->descriptor, &taken, sizeof taken) != (ssize_t)sizeof taken)
		return;
	if (signals->asked++ == 0) {
		server_send(connection, (char[]){ CANCEL }, 1);
		return;
	}
	sigprocmask(SIG_UNBLOCK, &signals->both, NULL);
	raise((int)taken.ssi_signo);
}

static int listen_for_signals(struct signals *signals)
{
	signals->listener.take = take_signal;
	signals->asked = 0;
	sigemptyset(&signals->both);
	sigaddset(&signals->both, SIGINT);
	sigaddset(&signals->both, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &signals->both, NULL) < 0)
		return -1;
	return signals->listener.descriptor = signalfd(-1, &signals->both, SFD_CLOEXEC | SFD_NONBLOCK);
}

static const char *name_of(int error)
{
	switch (error) {
	case EPIPE:
		return "EPIPE";
	case ENOSPC:
		return "ENOSPC";
	case EDQUOT:
		return "EDQUOT";
	case EFBIG:
		return "EFBIG";
	case EIO:
		return "EIO";
	default:
		return "input/output error";
	}
}

static void print(const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t count = write(STDOUT_FILENO, bytes, size);
		struct pollfd ready = { .fd = STDOUT_FILENO, .events = POLLOUT };
		char words[120];

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0 && errno == EAGAIN) {
			poll(&ready, 1, -1);
			continue;
		}
		if (count < 0) {
			snprintf(words, sizeof words,
				 "sandbox: the result could not be written to stdout: %s\n", name_of(errno));
			if (write(STDERR_FILENO, words, strlen(words)) < 0)
				_exit(SANDBOX_FAILED);
			_exit(SANDBOX_FAILED);
		}
		bytes += count;
		size -= (size_t)count;
	}
}

/* From here on the job may have started: it never returns to run it a second time, unless the server says that it has not. */
static char follow(int connection, const char *server)
{
	struct signals signals;
	struct job_answer answer = { 0 };
	char kind = listen_for_signals(&signals) < 0 ? LOST
						     : server_follow(connection, &signals.listener, &answer);

	if (kind == LOST)
		fail(server, "ended before the job's result");
	if (kind != RESULT) {
		close(signals.listener.descriptor);
		sigprocmask(SIG_UNBLOCK, &signals.both, NULL);
		/* whoever wanted its end does not want it to begin */
		if (signals.asked > 0)
			raise(SIGTERM);
		return kind;
	}
	/* what is there is printed, whatever signal comes; a reader that went away is an error with words */
	signal(SIGPIPE, SIG_IGN);
	if (signals.asked < 2)
		print(answer.result, answer.bytes);
	_exit(answer.status);
}

/* What the server says to the job; BY_YOURSELF, without a word to it, where only this process can do what is wished. */
static char offer(int connection, const struct wish *wish)
{
	char directory[PATH_MAX], answer = BY_YOURSELF;
	struct job_request request = { .directory = directory, .is_pretty = (uint32_t)wish->pretty };
	char *job;

	if (wish->is_plain && output_is_plain() && signals_are_plain() &&
	    find_directory(wish->file, directory) &&
	    (job = read_job(wish->file, &request.job_bytes)) != NULL) {
		request.job = job;
		answer = server_offer(connection, &request);
		free(job);
	}
	return answer;
}

void hand_over(int argc, char **argv)
{
	char path[PATH_MAX];
	const char *runtime = getenv("XDG_RUNTIME_DIR"), *named = getenv("SANDBOX_SERVER");
	struct wish wish;
	int connection, is_asked_for;
	char answer;

	if (!read_wish(argc, argv, &wish))
		return;
	if (wish.server == NULL && named != NULL && named[0] != 0)
		wish.server = named;
	is_asked_for = wish.server != NULL;
	if (is_asked_for && strcmp(wish.server, "none") == 0)
		return;
	if (!is_asked_for) {
		if (!wish.is_plain || runtime == NULL || runtime[0] != '/' ||
		    snprintf(path, sizeof path, "%s/sandbox.sock", runtime) >= (int)sizeof path)
			return;
		wish.server = path;
	}
	connection = server_connect(wish.server);
	if (connection < 0 && is_asked_for)
		fail(wish.server, errno == ENOENT	  ? "does not answer: there is no such socket"
				  : errno == ENAMETOOLONG ? "has too long a path"
							  : "does not answer");
	if (connection < 0)
		return;
	answer = offer(connection, &wish);
	if (answer == ACCEPTED)
		answer = follow(connection, wish.server);
	if (answer != BY_YOURSELF && is_asked_for)
		fail(wish.server, answer == NOT_TAKEN ? "takes no more jobs for now" : "does not answer");
	close(connection);
}
