/*
 * Finding and starting the command. Everything that needs a system call happens before the filter;
 * behind it there is only execve. What would make the kernel kill the program half-way through
 * execve, or give one errno for five causes, is told apart here, by looking first.
 */
#include "job.h"

#include <elf.h>
#include <limits.h>
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

static char *arguments[ARGUMENTS_MAX + 1];
static char *environment[ARGUMENTS_MAX + 1];
static char found[PATH_MAX];

static int refuse(struct job *job, uint32_t what, int error)
{
	job->page->detail = what;
	errno = error;
	return -1;
}

/* Explains the errno that execve is going to give; binfmt_misc may still know better. */
static int foresee(struct job *job, uint32_t what)
{
	job->page->detail = what;
	return 0;
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
static const char *search(const char *name, uint64_t count)
{
	const char *path = NULL;
	int error = ENOENT;

	if (strchr(name, '/'))
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

static int check_interpreter(struct job *job, const char *path, uint32_t missing)
{
	return executable(path) == 0 ? 0 : foresee(job, missing);
}

static int check_script(struct job *job, char *head, size_t size)
{
	size_t start = 2;

	head[size] = 0;
	while (head[start] == ' ' || head[start] == '\t')
		start++;
	head[start + strcspn(head + start, " \t\n")] = 0;
	return check_interpreter(job, head + start, EXEC_MISSING_INTERPRETER);
}

static int check_loader(struct job *job, int file, const Elf64_Phdr *header)
{
	char loader[PATH_MAX];

	if (header->p_filesz == 0 || header->p_filesz >= sizeof loader ||
	    pread(file, loader, header->p_filesz, (off_t)header->p_offset) != (ssize_t)header->p_filesz)
		return foresee(job, EXEC_WRONG_FORMAT);
	loader[header->p_filesz] = 0;
	return check_interpreter(job, loader, EXEC_MISSING_LOADER);
}

/*
 * The kernel maps writable segments after the point of no return and kills the program when RLIMIT_DATA
 * refuses one (execve(2)): a bare SIGKILL or SIGSEGV that no one could explain afterwards.
 */
static int check_elf(struct job *job, int file, const Elf64_Ehdr *elf, uint64_t data_limit)
{
	Elf64_Phdr headers[PROGRAM_HEADERS_MAX];
	size_t count = elf->e_phnum < PROGRAM_HEADERS_MAX ? elf->e_phnum : PROGRAM_HEADERS_MAX;
	uint64_t data = 0;

	if (elf->e_ident[EI_CLASS] != ELFCLASS64 || elf->e_machine != NATIVE_MACHINE)
		return elf->e_machine == COMPATIBLE_MACHINE ? 0 : foresee(job, EXEC_FOREIGN_MACHINE);
	if (elf->e_phentsize != sizeof *headers ||
	    pread(file, headers, count * sizeof *headers, (off_t)elf->e_phoff) !=
		    (ssize_t)(count * sizeof *headers))
		return foresee(job, EXEC_WRONG_FORMAT);
	for (size_t i = 0; i < count; i++) {
		if (headers[i].p_type == PT_INTERP && check_loader(job, file, &headers[i]) < 0)
			return -1;
		if (headers[i].p_type == PT_LOAD && (headers[i].p_flags & PF_W))
			data = headers[i].p_memsz > UINT64_MAX - data ? UINT64_MAX
								      : data + headers[i].p_memsz;
	}
	return data_limit && data > data_limit ? refuse(job, EXEC_DATA_TOO_LARGE, ENOMEM) : 0;
}

static int look(struct job *job, const char *path, uint64_t data_limit)
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
		return check_script(job, head.bytes, (size_t)size);
	if (size >= (ssize_t)sizeof head.elf && memcmp(head.elf.e_ident, ELFMAG, SELFMAG) == 0)
		return check_elf(job, file, &head.elf, data_limit);
	return foresee(job, EXEC_WRONG_FORMAT);
}

static const char *program;

/* Everything of STEP_EXEC that needs system calls, before STEP_SECCOMP. */
int exec_prepare(struct job *job, const struct plan_step *step)
{
	if (unpack(&job->plan, step->a, step->value[0], arguments) < 0 ||
	    unpack(&job->plan, step->b, step->value[1], environment) < 0)
		return -1;
	program = search(arguments[0], step->value[1]);
	if (!program || executable(program) < 0)
		return refuse(job, errno == ENOENT || errno == ENOTDIR ? EXEC_NOT_FOUND : EXEC_PLAIN, errno);
	return look(job, program, step->value[2]);
}

int step_exec(struct job *job, const struct plan_step *step)
{
	(void)job;
	(void)step;
	return execve(program, arguments, environment);
}
