/* Exchanges two names over and over, until it is killed: swap_names A B */
#include "probe.h"

#include <linux/fs.h>

int main(int argc, char **argv)
{
	for (;;)
		if (syscall(SYS_renameat2, AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) < 0)
			return errno;
}
