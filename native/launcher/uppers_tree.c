/*
 * Counts and removes what jobs have written to an upper side on a disk, while they may still write to it. Every name is
 * one component, looked up below a descriptor, and no link is followed: nothing outside can be counted or removed.
 */
#define _GNU_SOURCE
#include "uppers_tree.h"

#include "sys.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define LEVELS_MAX 65536
#define PREFORKED_FDS 64
#define LINKED_MAX 65536u /* a power of two */

struct level {
	int fd;
	size_t names; /* where its first directory is in `names` */
};

static struct level *levels;
static int depth, deepest;
static char *names; /* directories yet to be entered, each ended by NUL, those of the last level last */
static size_t names_used, names_size;
static uint64_t linked[LINKED_MAX]; /* inodes with several names that were counted */
static unsigned linked_count;
static char entries[32 << 10] __attribute__((aligned(8)));

static int keep_name(const char *name)
{
	size_t size = strlen(name) + 1;

	if (names_used + size > names_size) {
		size_t more = names_size ? 2 * names_size : 64 << 10;
		char *grown = realloc(names, more);

		if (!grown)
			return -1;
		names = grown;
		names_size = more;
	}
	memcpy(names + names_used, name, size);
	names_used += size;
	return 0;
}

/* Of a table that is full nothing is known: a file counts for each of its names then. */
static int is_counted(uint64_t inode)
{
	unsigned at = (unsigned)(inode * 0x9e3779b97f4a7c15ull >> 48) % LINKED_MAX;

	for (; linked[at]; at = (at + 1) % LINKED_MAX)
		if (linked[at] == inode)
			return 1;
	if (linked_count < LINKED_MAX / 4 * 3) {
		linked[at] = inode;
		linked_count++;
	}
	return 0;
}

static int count_entry(int directory, const char *name, struct upper_use *use)
{
	struct stat status;

	if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if (S_ISDIR(status.st_mode)) {
		if (keep_name(name) < 0)
			return -1;
	} else if (status.st_nlink > 1 && is_counted(status.st_ino)) {
		return 0;
	}
	use->bytes += (uint64_t)status.st_blocks * 512;
	use->inodes++;
	return 0;
}

typedef int visitor(int directory, const char *name, void *context);

static int each_entry(int directory, visitor *visit, void *context)
{
	long size;

	while ((size = syscall(SYS_getdents64, directory, entries, sizeof entries)) > 0) {
		for (long at = 0; at < size;) {
			const struct dirent *entry = (const struct dirent *)(entries + at);
			const char *name = entry->d_name;

			at += entry->d_reclen;
			if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
				continue;
			if (visit(directory, name, context) < 0)
				return -1;
		}
	}
	/* a directory that was removed meanwhile has no entries (getdents(2), ENOENT) */
	return size < 0 && errno != ENOENT ? -1 : 0;
}

struct counting {
	struct upper_use *use;
	uint64_t most;
};

static int count_one(int directory, const char *name, void *context)
{
	struct counting *counting = context;

	if (count_entry(directory, name, counting->use) < 0)
		return -1;
	errno = EOVERFLOW;
	return counting->use->inodes > counting->most ? -1 : 0;
}

static int enter_level(int fd, struct counting *counting)
{
	if (depth == deepest) {
		close(fd);
		counting->use->inodes = UINT64_MAX;
		errno = EOVERFLOW;
		return -1;
	}
	levels[depth++] = (struct level){ .fd = fd, .names = names_used };
	return each_entry(fd, count_one, counting);
}

/* The last directory of the last level that was not entered yet; NULL if there is none. */
static const char *take_name(const struct level *level)
{
	size_t at = names_used;

	if (at == level->names)
		return NULL;
	for (at--; at > level->names && names[at - 1]; at--)
		;
	names_used = at;
	return names + at;
}

static int open_directory(int above, const char *name)
{
	return openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int count_levels(int directory, struct counting *counting)
{
	/* not a duplicate: the position in a directory belongs to the open file */
	int fd = open_directory(directory, ".");

	if (fd < 0 || enter_level(fd, counting) < 0)
		return -1;
	while (depth > 0) {
		const char *name = take_name(&levels[depth - 1]);

		if (!name) {
			close(levels[--depth].fd);
			continue;
		}
		fd = open_directory(levels[depth - 1].fd, name);
		if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
			continue; /* it was there a moment ago: the next look finds what has become of it */
		if (fd < 0 || enter_level(fd, counting) < 0)
			return -1;
	}
	return 0;
}

static int prepare_levels(void)
{
	struct rlimit files;

	if (levels)
		return 0;
	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return -1;
	deepest = files.rlim_cur > LEVELS_MAX ? LEVELS_MAX : files.rlim_cur > 2 * PREFORKED_FDS ? (int)files.rlim_cur - PREFORKED_FDS : PREFORKED_FDS;
	levels = calloc((size_t)deepest, sizeof *levels);
	return levels ? 0 : -1;
}

int upper_count(int directory, uint64_t most, struct upper_use *use)
{
	struct counting counting = { .use = use, .most = most };
	int result;

	if (prepare_levels() < 0)
		return -1;
	*use = (struct upper_use){ 0 };
	memset(linked, 0, sizeof linked);
	linked_count = 0;
	names_used = 0;
	result = count_levels(directory, &counting);
	while (depth > 0)
		close_fd(&levels[--depth].fd);
	return result < 0 && errno == EOVERFLOW ? 0 : result;
}

/* --- removal --- */

struct removing {
	int top;
	unsigned long moved;
	int failed;
};

/*
 * A directory that is not empty goes up to the top, under a name of ours, and is emptied in a later round: so there are never
 * more than two descriptors open, however deep the tree is.
 */
static int remove_one(int directory, const char *name, void *context)
{
	struct removing *removing = context;
	char moved[40];

	if (unlinkat(directory, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (unlinkat(directory, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (directory == removing->top) {
		if (keep_name(name) < 0)
			removing->failed = errno;
		return 0;
	}
	snprintf(moved, sizeof moved, "removing%lu", removing->moved++);
	if (renameat(directory, name, removing->top, moved) < 0)
		removing->failed = errno;
	return 0;
}

static int empty(struct removing *removing, const char *name)
{
	autoclose int directory = open_directory(removing->top, name);

	if (directory < 0)
		return -1;
	return each_entry(directory, remove_one, removing);
}

int upper_remove(int directory)
{
	autoclose int top = open_directory(directory, ".");
	struct removing removing = { .top = top };

	if (top < 0)
		return -1;
	for (;;) {
		const struct level all = { .names = 0 };
		const char *name;

		names_used = 0;
		removing.failed = 0;
		if (lseek(top, 0, SEEK_SET) < 0 || each_entry(top, remove_one, &removing) < 0)
			return -1;
		if (names_used == 0)
			break;
		while ((name = take_name(&all)))
			if (empty(&removing, name) < 0)
				removing.failed = errno;
		if (removing.failed)
			break;
	}
	errno = removing.failed;
	return removing.failed ? -1 : 0;
}
