/*
 * Linked into the `sandbox` executable, for glibc before 2.34, on which it has to run as well: there the program itself runs
 * its constructors, and some functions are in libraries of their own. build.sh beside this file makes the rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OLDEST "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define OLDEST "GLIBC_2.17"
#endif

typedef void constructor(int, char **, char **);
typedef int main_function(int, char **, char **);

/* by the linker, and by crti.o */
extern constructor *const constructors[] __asm__("__init_array_start") __attribute__((visibility("hidden")));
extern constructor *const constructors_end[] __asm__("__init_array_end")
	__attribute__((visibility("hidden")));
extern void _init(void) __attribute__((visibility("hidden")));

int older_start(main_function *, int, char **, constructor *, void (*)(void), void (*)(void), void *);
__asm__(".symver older_start, __libc_start_main@" OLDEST);

static void construct(int argc, char **argv, char **envp)
{
	_init();
	for (constructor *const *each = constructors; each < constructors_end; each++)
		(*each)(argc, argv, envp);
}

/*
 * crt1.o of glibc 2.34 and later leaves constructors to the C library, and asks for a version of this function that does so.
 * The older version runs what it is given, on new systems too; crt1.o of an older glibc gives its own.
 */
__attribute__((visibility("hidden"))) int __libc_start_main(main_function *main, int argc, char **argv,
							    constructor *init, void (*fini)(void),
							    void (*rtld_fini)(void), void *stack_end)
{
	return older_start(main, argc, argv, init != NULL ? init : construct, fini, rtld_fini, stack_end);
}

/* shm_open(3) and shm_unlink(3), in librt before 2.34: one library less to load. */
static int shm_path(char *path, size_t size, const char *name)
{
	name += strspn(name, "/");
	if (*name == '\0' || strlen(name) > NAME_MAX || strchr(name, '/') != NULL || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0) {
		errno = EINVAL;
		return -1;
	}
	snprintf(path, size, "/dev/shm/%s", name);
	return 0;
}

__attribute__((visibility("hidden"))) int shm_open(const char *name, int flags, mode_t mode)
{
	char path[NAME_MAX + sizeof "/dev/shm/"];

	return shm_path(path, sizeof path, name) < 0
		       ? -1
		       : open(path, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, mode);
}

__attribute__((visibility("hidden"))) int shm_unlink(const char *name)
{
	char path[NAME_MAX + sizeof "/dev/shm/"];

	return shm_path(path, sizeof path, name) < 0 ? -1 : unlink(path);
}
