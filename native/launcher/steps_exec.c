/*
 * Finding and starting the command. Everything that needs a system call happens before the filter;
 * behind it there is only execve. What would make the kernel kill the program half-way through
 * execve, or give one errno for five causes, is told apart here, by looking first.
 */
#include "steps_exec.h"

#include "sys.h"

#include <elf.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#if defined(__x86_64__)
#define NATIVE_MACHINE EM_X86_64
#define COMPATIBLE_MACHINE EM_386
#else
#define NATIVE_MACHINE EM_AARCH64
#define COMPATIBLE_MACHINE EM_ARM
#endif

#define ARGUMENTS_MAX 65536
#define PROGRAM_HEADERS_MAX 64

/* What else execve maps: 128 KiB of stack and a page of arguments (setup_arg_pages, fs/exec.c), and the vDSO. */
#define FIRST_STACK_AND_VDSO (160u << 10)

static char *arguments[ARGUMENTS_MAX + 1];
static char *environment[ARGUMENTS_MAX + 1];
static char found[PATH_MAX];

static int refuse(struct payload *payload, uint32_t what, int error)
{
	payload->page->detail = what;
	errno = error;
	return -1;
}

/* Explains the errno that execve is going to give; binfmt_misc may still know better. */
static int expect_failure(struct payload *payload, uint32_t what)
{
	payload->page->detail = what;
	return 0;
}

/* Of those that are set last: what this process has now is not what the program gets. */
static int has_limit(const struct payload *payload, int resource)
{
	return (payload->late_set >> resource & 1) && payload->late[resource].rlim_cur != RLIM_INFINITY;
}

static int unpack(const struct plan *plan, uint32_t offset, uint64_t count, char **words)
{
	char *word = (char *)(uintptr_t)plan_text(plan, offset);

	if (count > ARGUMENTS_MAX) {
		errno = E2BIG;
		return -1;
	}
	for (uint64_t i = 0; i < count; i++) {
		words[i] = word;
		word += strlen(word) + 1;
	}
	words[count] = NULL;
	return 0;
}

static int executable(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return -1;
	if (!S_ISREG(status.st_mode)) {
		errno = EACCES;
		return -1;
	}
	return faccessat(AT_FDCWD, path, X_OK, 0);
}

/* As execvp(3), without its fall-back to /bin/sh: a file that is no program is an error. */
static const char *search(const char *name, uint64_t count, bool here_first)
{
	const char *path = NULL;
	int error = ENOENT;

	if (strchr(name, '/') || (here_first && executable(name) == 0))
		return name;
	for (uint64_t i = 0; i < count; i++)
		if (strncmp(environment[i], "PATH=", 5) == 0)
			path = environment[i] + 5;
	while (path) {
		size_t length = strcspn(path, ":");

		if (length > 0 && length + strlen(name) + 2 <= sizeof found) {
			memcpy(found, path, length);
			found[length] = '/';
			strcpy(found + length + 1, name);
			if (executable(found) == 0)
				return found;
			if (errno == EACCES)
				error = EACCES;
		}
		path = path[length] ? path + length + 1 : NULL;
	}
	errno = error;
	return NULL;
}

static int check_interpreter(struct payload *payload, const char *path, uint32_t missing)
{
	return executable(path) == 0 ? 0 : expect_failure(payload, missing);
}

static int check_script(struct payload *payload, char *head, size_t size)
{
	size_t start = 2, length;

	head[size] = 0;
	while (head[start] == ' ' || head[start] == '\t')
		start++;
	length = strcspn(head + start, " \t\n");
	head[start + length] = 0;
	return check_interpreter(payload, head + start,
				 length > 0 && head[start + length - 1] == '\r' ? EXEC_CARRIAGE_RETURN :
										   EXEC_MISSING_INTERPRETER);
}

/* What an ELF file takes up once it is mapped. */
struct extent {
	uint64_t data; /* writable segments: what RLIMIT_DATA is held against */
	uint64_t span; /* from the first segment to the end of the last: RLIMIT_AS */
};

static uint64_t sum(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static ssize_t read_headers(int file, const Elf64_Ehdr *elf, Elf64_Phdr *headers)
{
	size_t count = elf->e_phnum < PROGRAM_HEADERS_MAX ? elf->e_phnum : PROGRAM_HEADERS_MAX;
	ssize_t size = (ssize_t)(count * sizeof *headers);

	if (elf->e_phentsize != sizeof *headers ||
	    pread(file, headers, (size_t)size, (off_t)elf->e_phoff) != size)
		return -1;
	return (ssize_t)count;
}

static struct extent extent_of(const Elf64_Phdr *headers, ssize_t count)
{
	struct extent extent = { 0, 0 };
	uint64_t first = UINT64_MAX, end = 0;

	for (ssize_t i = 0; i < count; i++) {
		uint64_t stop = sum(headers[i].p_vaddr, headers[i].p_memsz);

		if (headers[i].p_type != PT_LOAD)
			continue;
		first = headers[i].p_vaddr < first ? headers[i].p_vaddr : first;
		end = stop > end ? stop : end;
		if (headers[i].p_flags & PF_W)
			extent.data = sum(extent.data, headers[i].p_memsz);
	}
	extent.span = end > first ? end - first : 0;
	return extent;
}

static int check_loader(struct payload *payload, int file, const Elf64_Phdr *header, uint64_t *span)
{
	char path[PATH_MAX];
	Elf64_Ehdr elf;
	Elf64_Phdr headers[PROGRAM_HEADERS_MAX];

	if (header->p_filesz == 0 || header->p_filesz >= sizeof path ||
	    pread(file, path, header->p_filesz, (off_t)header->p_offset) != (ssize_t)header->p_filesz)
		return expect_failure(payload, EXEC_WRONG_FORMAT);
	path[header->p_filesz] = 0;
	if (executable(path) < 0)
		return expect_failure(payload, EXEC_MISSING_LOADER);
	if (!has_limit(payload, RLIMIT_AS))
		return 0;

	autoclose int loader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (loader >= 0 && pread(loader, &elf, sizeof elf, 0) == sizeof elf)
		*span = sum(*span, extent_of(headers, read_headers(loader, &elf, headers)).span);
	return 0;
}

/*
 * The kernel maps a program after the point of no return and kills it when RLIMIT_DATA or RLIMIT_AS refuses
 * a part (execve(2)): a bare SIGKILL or SIGSEGV that no one could explain afterwards.
 */
static int check_room(struct payload *payload, const struct extent *extent)
{
	if (has_limit(payload, RLIMIT_DATA) && extent->data > payload->late[RLIMIT_DATA].rlim_cur)
		return refuse(payload, EXEC_DATA_TOO_LARGE, ENOMEM);
	if (has_limit(payload, RLIMIT_AS) &&
	    sum(extent->span, FIRST_STACK_AND_VDSO) > payload->late[RLIMIT_AS].rlim_cur)
		return refuse(payload, EXEC_SPACE_TOO_SMALL, ENOMEM);
	return 0;
}

static int check_elf(struct payload *payload, int file, const Elf64_Ehdr *elf)
{
	Elf64_Phdr headers[PROGRAM_HEADERS_MAX];
	struct extent extent;
	ssize_t count;

	if (elf->e_ident[EI_CLASS] != ELFCLASS64 || elf->e_machine != NATIVE_MACHINE)
		return elf->e_machine == COMPATIBLE_MACHINE ? 0 : expect_failure(payload, EXEC_FOREIGN_MACHINE);
	count = read_headers(file, elf, headers);
	if (count < 0)
		return expect_failure(payload, EXEC_WRONG_FORMAT);
	extent = extent_of(headers, count);
	for (ssize_t i = 0; i < count; i++)
		if (headers[i].p_type == PT_INTERP && check_loader(payload, file, &headers[i], &extent.span) < 0)
			return -1;
	return check_room(payload, &extent);
}

static int look(struct payload *payload, const char *path)
{
	union {
		char bytes[257];
		Elf64_Ehdr elf;
	} head = { 0 };
	autoclose int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t size;

	if (file < 0)
		return 0; /* executable but unreadable (mode 0111): execve decides */
	size = pread(file, head.bytes, sizeof head.bytes - 1, 0);
	if (size >= 2 && head.bytes[0] == '#' && head.bytes[1] == '!')
		return check_script(payload, head.bytes, (size_t)size);
	if (size >= (ssize_t)sizeof head.elf && memcmp(head.elf.e_ident, ELFMAG, SELFMAG) == 0)
		return check_elf(payload, file, &head.elf);
	return expect_failure(payload, EXEC_WRONG_FORMAT);
}

static const char *program;

/* The last words are for what is done where an optional step was skipped. */
static uint64_t environment_count(const struct payload *payload, const struct plan_step *step)
{
	const unsigned number = (unsigned)(step->value[3] >> 32);
	const int skipped = payload->page->skipped[number / 32] >> number % 32 & 1;

	return step->value[1] - (skipped ? 0 : (uint32_t)step->value[3]);
}

/* Everything of STEP_EXEC that needs system calls, before STEP_SECCOMP. */
int exec_prepare(struct payload *payload, const struct plan_step *step)
{
	const uint64_t count = environment_count(payload, step);

	if (unpack(payload->plan, step->a, step->value[0], arguments) < 0 ||
	    unpack(payload->plan, step->b, count, environment) < 0)
		return -1;
	if (step->value[2] == EXEC_AS_GIVEN) {
		program = arguments[0];
		return 0;
	}
	program = search(arguments[0], count, step->value[2] == EXEC_HERE_FIRST);
	if (!program || executable(program) < 0)
		return refuse(payload, errno == ENOENT || errno == ENOTDIR ? EXEC_NOT_FOUND : EXEC_PLAIN, errno);
	return look(payload, program);
}

static size_t append(char *text, size_t length, const char *more)
{
	size_t size = strlen(more);

	memcpy(text + length, more, size);
	return length + size;
}

/* In the job's name, by calls that every policy allows who lets a program write and exit: it was started, and ends as a program does. */
__attribute__((noreturn)) static void tell(const char *name, int error)
{
	static char text[PATH_MAX + 128];
	size_t length = append(text, 0, "execve(\"");

	length = append(text, length, strlen(name) < PATH_MAX ? name : "...");
	length = append(text, length, "\"): ");
	/* the C library's words, but for those in which glibc differs from musl */
	length = append(text, length, error == ENOMEM ? "Cannot allocate memory" : error == ELOOP ? "Too many levels of symbolic links" : strerror(error));
	length = append(text, length, "\n");
	if (write(STDERR_FILENO, text, length) < 0)
		_exit(127);
	_exit(127);
}

int step_exec(struct payload *payload, const struct plan_step *step)
{
	(void)payload;
	execve(program, arguments, environment);
	if (step->value[2] == EXEC_AS_GIVEN)
		tell(program, errno);
	return -1;
}
