/* Tries to read or open something of pid 1 through /proc. */
#include "probe.h"

int main(int argc, char **argv)
{
	char path[256], target[256];
	const char *what = argument(argc, argv, 1);
	int result;

	snprintf(path, sizeof path, "/proc/1/%s", what);
	if ((result = open(path, O_RDONLY)) >= 0 && read(result, target, 1) >= 0)
		escaped("opened %s", path);
	if (open(path, O_WRONLY) >= 0)
		escaped("opened %s for writing", path);
	if (readlink(path, target, sizeof target) >= 0)
		escaped("read the link %s", path);
	denied();
}
