/*
 * `sandbox exec` by way of a running job host: before the dynamic loader starts, the job goes to the server's second socket, and
 * result and exit status come back. Whatever is not plain (another option, a job that is no regular file, an answer that says so)
 * returns, and this process runs the job by itself; nothing of it has been started then. docs/serve.md, "Jobs of the commands".
 */
#include "hand_over.h"
#include "bare.h"
#include "server_call.h"

#include <limits.h>
#include <sys/signalfd.h>

#define SANDBOX_FAILED 3
#define LARGEST_JOB (64ul << 20)

struct wish {
	const char *server; /* asked for by the caller; NULL for none */
	const char *file;
	const char *result; /* the file that the result is for; NULL for stdout */
	int pretty;
	int is_plain; /* nothing is asked for that only this process can do */
};

__attribute__((noreturn)) static void say(struct words *words)
{
	const size_t size = fits(words) ? words->used : words->size - 1;

	/* control characters of a path are no command to a terminal */
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)words->text[i] < ' ' || words->text[i] == 127)
			words->text[i] = '?';
	words->text[size] = '\n';
	bare_write(2, words->text, size + 1);
	bare_exit(SANDBOX_FAILED);
}

__attribute__((noreturn)) static void fail(const char *server, const char *reason)
{
	char text[PATH_MAX + 200];
	struct words words = { text, sizeof text, 0 };

	add(&words, "sandbox: the server ");
	add(&words, server);
	add(&words, " ");
	add(&words, reason);
	say(&words);
}

/* The value of an option with one, as "--name value" or "--name=value"; NULL if it is another option. */
static const char *value_of(const char *name, int argc, char **argv, int *at)
{
	size_t length = length_of(name);

	if (!same_start(argv[*at], name, length))
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
		} else if (same(argv[i], "--pretty")) {
			wish->pretty = 1;
		} else if ((value = value_of("--server", argc, argv, &i)) != NULL) {
			wish->server = value;
		} else if ((value = value_of("--result", argc, argv, &i)) != NULL) {
			wish->is_plain &= wish->result == NULL && value[0] != 0;
			wish->result = value;
		} else if (value_of("--cgroup", argc, argv, &i) != NULL ||
			   value_of("--lease-cores", argc, argv, &i) != NULL) {
			wish->is_plain = 0;
		} else {
			return 0;
		}
	}
	return wish->file != NULL;
}

/* Nothing is known against writing the result: else the managed code has the words for it. */
static int output_is_plain(void)
{
	struct pollfd output = { .fd = 1, .events = POLLOUT };
	int flags = bare_fcntl(1, F_GETFL, 0);
	struct statx status;

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || bare_status(1, &status) < 0)
		return 0;
	if (S_ISCHR(status.stx_mode) && bare_write(1, "", 0) < 0)
		return 0;
	return !S_ISFIFO(status.stx_mode) || bare_poll(&output, 1, 0) < 0 || !(output.revents & POLLERR);
}

static int signals_are_plain(void)
{
	struct bare_action action;
	unsigned long blocked;

	if (bare_mask(SIG_BLOCK, NULL, &blocked) < 0)
		return 0;
	for (int i = 0; i < 2; i++) {
		int signal = i ? SIGTERM : SIGINT;

		if (blocked & BIT_OF(signal) || bare_signal(signal, NULL, &action) < 0 || action.handler != (void *)SIG_DFL)
			return 0;
	}
	return 1;
}

/* The content of a regular file, in pages of its own; NULL for whatever cannot be read twice, and for what cannot be read. */
static char *read_job(const char *path, uint32_t *bytes)
{
	struct statx status;
	char *content = NULL;
	size_t had = 0;
	/* O_NONBLOCK: a pipe without a writer is not waited for here */
	int fd = bare_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && bare_status(fd, &status) == 0 && S_ISREG(status.stx_mode) && status.stx_size > 0 &&
	    status.stx_size <= LARGEST_JOB && (content = bare_map(status.stx_size)) != NULL) {
		long count;

		while (had < status.stx_size && (count = bare_read(fd, content + had, status.stx_size - had)) > 0)
			had += (size_t)count;
		if (had != status.stx_size) {
			bare_unmap(content, status.stx_size);
			content = NULL;
		}
	}
	if (fd >= 0)
		bare_close(fd);
	*bytes = (uint32_t)had;
	return content;
}

/*
 * The directory that relative paths of the job start from, without links, as for a job that runs here. The kernel's name of it (proc(5), /proc/pid/fd)
 * is no path where the directory was removed or is out of reach: what then is told is up to the managed code.
 */
static int find_directory(const char *file, char *directory)
{
	static const char removed[] = " (deleted)";
	char named[PATH_MAX] = ".", link[40];
	const char *slash = last_of(file, '/');
	size_t length = slash == NULL ? 0 : slash == file ? 1 : (size_t)(slash - file);
	struct words words = { link, sizeof link, 0 };
	long size;
	int fd;

	if (length >= sizeof named)
		return 0;
	for (size_t i = 0; i < length; i++)
		named[i] = file[i];
	named[length > 0 ? length : 1] = 0;
	fd = bare_open(named, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	add(&words, "/proc/self/fd/");
	add_number(&words, (unsigned long)fd);
	size = bare_read_link(link, directory, PATH_MAX);
	bare_close(fd);
	if (size <= 0 || size >= PATH_MAX || directory[0] != '/')
		return 0;
	directory[size] = 0;
	return size < (long)sizeof removed || !same(directory + size - (sizeof removed - 1), removed);
}

/* The path of a file from the root, as managed code makes it of the current directory, which has no path where it was removed; and where in it begins what was given. */
static int find_result(const char *file, char *path, uint32_t *given)
{
	struct words words = { path, PATH_MAX, 0 };

	if (file[0] != '/') {
		long size = CALL(getcwd, path, PATH_MAX);

		/* "(unreachable)" comes before what is not below the root (getcwd(2)) */
		if (size <= 1 || path[0] != '/')
			return 0;
		words.used = (size_t)size - 1;
		add(&words, path[1] == 0 ? "" : "/");
	}
	*given = (uint32_t)words.used;
	add(&words, file);
	return fits(&words);
}

/* SIGINT and SIGTERM, from a signalfd. */
struct signals {
	struct listener listener;
	unsigned long both;
	int asked;
};

static void send_to_itself(int signal)
{
	CALL(kill, CALL(getpid, 0), signal);
}

/* The first asks for the job's end, whose result is still awaited; the second ends us, as it would have. */
static void take_signal(struct listener *listener, int connection)
{
	struct signals *signals = (struct signals *)listener;
	struct signalfd_siginfo taken;

	if (bare_read(listener->descriptor, &taken, sizeof taken) != (long)sizeof taken)
		return;
	if (signals->asked++ == 0) {
		server_send(connection, (char[]){ CANCEL }, 1);
		return;
	}
	bare_mask(SIG_UNBLOCK, &signals->both, NULL);
	send_to_itself((int)taken.ssi_signo);
}

static int listen_for_signals(struct signals *signals)
{
	signals->listener.take = take_signal;
	signals->asked = 0;
	signals->both = BIT_OF(SIGINT) | BIT_OF(SIGTERM);
	if (bare_mask(SIG_BLOCK, &signals->both, NULL) < 0)
		return -1;
	return signals->listener.descriptor =
		       (int)CALL(signalfd4, -1, &signals->both, KERNEL_SIGNALS, SFD_CLOEXEC | SFD_NONBLOCK);
}

static const char *name_of(long error)
{
	switch (error) {
	case -EPIPE:
		return "EPIPE";
	case -ENOSPC:
		return "ENOSPC";
	case -EDQUOT:
		return "EDQUOT";
	case -EFBIG:
		return "EFBIG";
	case -EIO:
		return "EIO";
	default:
		return "input/output error";
	}
}

static void print(const char *bytes, size_t size)
{
	while (size > 0) {
		long count = bare_write(1, bytes, size);
		struct pollfd ready = { .fd = 1, .events = POLLOUT };
		char text[120];
		struct words words = { text, sizeof text, 0 };

		if (count == -EINTR)
			continue;
		if (count == -EAGAIN) {
			bare_poll(&ready, 1, -1);
			continue;
		}
		if (count < 0) {
			add(&words, "sandbox: the result could not be written to stdout: ");
			add(&words, name_of(count));
			say(&words);
		}
		bytes += count;
		size -= (size_t)count;
	}
}

/* The server has written the file, or says in a sentence why not. */
static void tell(const struct job_answer *answer)
{
	char text[2 * PATH_MAX];
	struct words words = { text, sizeof text, 0 };

	if (answer->bytes == 0)
		return;
	answer->result[answer->bytes] = 0;
	add(&words, "sandbox: ");
	add(&words, answer->result);
	say(&words);
}

/* From here on the job may have started: it never returns to run it a second time, unless the server says that it has not. */
static char follow(int connection, const char *server, const struct wish *wish)
{
	const struct bare_action ignored = { .handler = (void *)SIG_IGN };
	struct signals signals;
	struct job_answer answer = { 0 };
	char kind = listen_for_signals(&signals) < 0 ? LOST
						     : server_follow(connection, &signals.listener, &answer);

	if (kind == LOST)
		fail(server, "ended before the job's result");
	if (kind != RESULT) {
		bare_close(signals.listener.descriptor);
		bare_mask(SIG_UNBLOCK, &signals.both, NULL);
		/* whoever wanted its end does not want it to begin */
		if (signals.asked > 0)
			send_to_itself(SIGTERM);
		return kind;
	}
	/* what is there is printed, whatever signal comes; a reader that went away is an error with words */
	bare_signal(SIGPIPE, &ignored, NULL);
	if (wish->result != NULL)
		tell(&answer);
	else if (signals.asked < 2)
		print(answer.result, answer.bytes);
	bare_exit(answer.status);
}

/* What the server says to the job; BY_YOURSELF, without a word to it, where only this process can do what is wished. */
static char offer(int connection, const struct wish *wish)
{
	char directory[PATH_MAX], result[PATH_MAX], answer = BY_YOURSELF;
	struct job_request request = { .directory = directory,
				       .flags = NAMED_FROM_DIRECTORY | (wish->pretty ? PRETTY : 0),
				       .result = wish->result == NULL ? NULL : result };
	char *job;

	if (wish->is_plain &&
	    (wish->result == NULL ? output_is_plain() : find_result(wish->result, result, &request.result_given)) &&
	    signals_are_plain() && find_directory(wish->file, directory) &&
	    (job = read_job(wish->file, &request.job_bytes)) != NULL) {
		request.job = job;
		answer = server_offer(connection, &request);
		bare_unmap(job, request.job_bytes);
	}
	return answer;
}

/* The server that is meant: asked for, or the one of this user, for which path has PATH_MAX bytes; NULL for none. */
static const char *find_server(struct wish *wish, char *const *environment, char *path)
{
	const char *runtime = variable(environment, "XDG_RUNTIME_DIR"), *named = variable(environment, "SANDBOX_SERVER");
	struct words words = { path, PATH_MAX, 0 };

	if (wish->server == NULL && named != NULL && named[0] != 0)
		wish->server = named;
	if (wish->server != NULL)
		return same(wish->server, "none") ? NULL : wish->server;
	if (!wish->is_plain || runtime == NULL || runtime[0] != '/')
		return NULL;
	add(&words, runtime);
	add(&words, "/sandbox.sock");
	return fits(&words) ? path : NULL;
}

void hand_over(int argc, char **argv, char *const *environment)
{
	char path[PATH_MAX];
	const char *server;
	struct wish wish;
	int connection;
	char answer;

	if (!read_wish(argc, argv, &wish) || (server = find_server(&wish, environment, path)) == NULL)
		return;
	connection = server_connect(server);
	if (connection < 0 && wish.server != NULL)
		fail(server, connection == -ENOENT	   ? "does not answer: there is no such socket"
			     : connection == -ENAMETOOLONG ? "has too long a path"
							   : "does not answer");
	if (connection < 0)
		return;
	answer = offer(connection, &wish);
	if (answer == ACCEPTED)
		answer = follow(connection, server, &wish);
	if (answer != BY_YOURSELF && wish.server != NULL)
		fail(server, answer == NOT_TAKEN ? "takes no more jobs for now" : "does not answer");
	bare_close(connection);
}
