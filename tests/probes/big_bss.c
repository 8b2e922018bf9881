/* 800 MB of zero pages in the image itself; touched when asked to. */
#include "probe.h"

static char zeros[800 * 1000 * 1000];

int main(int argc, char **argv)
{
	if (argc > 1)
		for (size_t i = 0; i < sizeof zeros; i += 4096)
			zeros[i] = 1;
	printf("bss %d\n", zeros[4096] + zeros[sizeof zeros - 1]);
	return 0;
}
