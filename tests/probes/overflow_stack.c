/* Recurses until the stack is at its end; a number of KiB that must fit can be given. */
#include "probe.h"

static long dig(long left)
{
	volatile char frame[1024];

	memset((char *)frame, (int)left, sizeof frame);
	return left == 0 ? frame[5] : dig(left - 1) + frame[7];
}

int main(int argc, char **argv)
{
	printf("dug %ld\n", dig(atol(argument(argc, argv, 1))) & 1);
	return 0;
}
