/* Tries to write below a mount that should be read-only, after trying to make it writable. */
#include <sys/mount.h>

#include "probe.h"

static void try_write(const char *directory, const char *after)
{
	char path[4096];

	snprintf(path, sizeof path, "%s/written-by-the-job", directory);
	int fd = open(path, O_CREAT | O_WRONLY, 0644);
	if (fd >= 0)
		escaped("wrote %s after %s", path, after);
}

int main(int argc, char **argv)
{
	const char *directory = argument(argc, argv, 1);
	uint64_t clear_read_only[4] = { 0, 1 /* MOUNT_ATTR_RDONLY */, 0, 0 };

	try_write(directory, "nothing");
	int first_error = errno;

	mount("none", directory, NULL, MS_REMOUNT | MS_BIND, NULL);
	try_write(directory, "remount");
	syscall(SYS_mount_setattr, AT_FDCWD, directory, 0x8000 /* AT_RECURSIVE */, clear_read_only,
		sizeof clear_read_only);
	try_write(directory, "mount_setattr");
	umount2(directory, MNT_DETACH);
	try_write(directory, "umount");
	chmod(directory, 0777);
	try_write(directory, "chmod");
	errno = first_error;
	denied();
}
