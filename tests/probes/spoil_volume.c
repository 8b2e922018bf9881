/* Leaves in a volume what is hard to read, to remove and to use again: links that lead out, a closed tree, a set-id program, a FIFO, a socket, a file
 * with many names, a tree deeper than paths can be; and tries to get at what is beside the volume: spoil_volume VOLUME OUTSIDE.
 * Prints the ways that lead further than the volume, or "kept in". */
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

#include "probe.h"

#define DEPTH 400

static void must(int result, const char *what)
{
	if (result < 0)
		broken(what);
}

static void plant(const char *outside)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "socket" };
	char name[32];
	int file = open("program", O_CREAT | O_WRONLY, 0755);

	must(file, "program");
	must(fchmod(file, 06755), "chmod 06755");
	must(symlink(outside, "out"), "out");
	must(symlink("..", "up"), "up");
	must(symlink("loop", "loop"), "loop");
	must(mkfifo("fifo", 0600), "fifo");
	must(bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address), "socket");
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "name-%d", i);
		must(link("program", name), "link");
	}
	must(mkdir("closed", 0700), "closed");
	must(mkdir("closed/in", 0700), "closed/in");
	must(mkdir("closed/in/deeper", 0700), "closed/in/deeper");
	must(chmod("closed/in", 0), "chmod closed/in");
	must(chmod("closed", 0), "chmod closed");
}

static void dig(void)
{
	for (int depth = 0; depth < DEPTH; depth++) {
		must(mkdir("deep-deeper-deepest", 0700), "mkdir");
		must(chdir("deep-deeper-deepest"), "chdir");
	}
}

/* Above it is the root of the job, not the store. */
static void look_above(int volume)
{
	struct stat above, root;
	int up = openat(volume, "..", O_PATH | O_DIRECTORY);

	must(up, "..");
	must(fstat(up, &above), "fstat ..");
	must(stat("/", &root), "stat /");
	if (above.st_ino != root.st_ino || above.st_dev != root.st_dev)
		escaped("the directory above is not the job's root");
}

static void refuse(int result, const char *what)
{
	if (result >= 0)
		escaped("%s", what);
}

int main(int argc, char **argv)
{
	const char *path = argument(argc, argv, 1);
	int volume = open(path, O_RDONLY | O_DIRECTORY);

	must(volume, "volume");
	must(fchdir(volume), "fchdir");
	plant(argument(argc, argv, 2));
	look_above(volume);
	refuse(rename(path, "/tmp/moved"), "the volume was moved");
	refuse(rmdir(path), "the volume was removed");
	refuse(umount2(path, MNT_DETACH), "the volume was unmounted");
	refuse(link("/proc/self/exe", "stolen"), "a file of the host has a name in the volume");
	refuse(linkat(AT_FDCWD, "program", AT_FDCWD, "/tmp/program", 0), "a file of the volume has a name outside");
	refuse(mknod("disk", S_IFBLK | 0600, makedev(254, 0)), "a device was made");
	dig();
	printf("kept in\n");
	return 0;
}
