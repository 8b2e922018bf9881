/* rename(2) of each pair of paths and nothing else: mv(1) would copy instead (EXDEV). */
#include "probe.h"

int main(int argc, char **argv)
{
	argument(argc, argv, 2);
	for (int i = 1; i + 1 < argc; i += 2)
		if (rename(argv[i], argv[i + 1]) < 0)
			denied();
	puts("renamed");
	return 0;
}
