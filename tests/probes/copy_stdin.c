/* Copies stdin to stdout byte by byte as it comes. */
#include "probe.h"

int main(void)
{
	static char block[1 << 16];
	ssize_t got;

	while ((got = read(0, block, sizeof block)) > 0)
		for (ssize_t done = 0, now; done < got; done += now)
			if ((now = write(1, block + done, (size_t)(got - done))) <= 0)
				return 1;
	return got < 0;
}
