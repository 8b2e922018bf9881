/* Makes links under every name of a row, all to one place: plant_links TARGET PREFIX FIRST LAST SUFFIX */
#include "probe.h"

int main(int argc, char **argv)
{
	char name[256];
	long last = atol(argv[4]);
	long made = 0;

	for (long number = atol(argv[3]); number <= last; number++) {
		snprintf(name, sizeof name, "%s%ld%s", argv[2], number, argv[5]);
		made += symlink(argv[1], name) == 0;
	}
	printf("planted %ld\n", made);
}
