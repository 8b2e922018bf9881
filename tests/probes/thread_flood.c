/* Starts threads until the kernel refuses; says how many it got. */
#include <pthread.h>

#include "probe.h"

static void *waiter(void *unused)
{
	for (;;)
		pause();
	return NULL;
}

int main(int argc, char **argv)
{
	int most = atoi(argument(argc, argv, 1)), made = 0;
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 16384);
	for (; made < most; made++) {
		int error = pthread_create(&thread, &attributes, waiter, NULL);
		if (error != 0) {
			printf("denied %s after %d\n", errno_name(error), made);
			return 0;
		}
	}
	escaped("%d threads", made);
}
