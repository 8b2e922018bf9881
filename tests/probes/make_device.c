/* Makes a device node (the host's first disk) and tries to open it; then every disk name under
 * /dev. */
#include <sys/sysmacros.h>

#include "probe.h"

int main(int argc, char **argv)
{
	const char *path = argument(argc, argv, 1);

	if (mknod(path, S_IFBLK | 0600, makedev(254, 0)) == 0 && open(path, O_RDONLY) >= 0)
		escaped("opened a disk");
	denied();
}
