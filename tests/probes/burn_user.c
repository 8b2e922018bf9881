/* Burns user time in this many threads, for ever. */
#include <pthread.h>

#include "probe.h"

static void *burner(void *unused)
{
	burn_user(-1);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	for (int i = 1; argc > 1 && i < atoi(argv[1]); i++)
		pthread_create(&thread, NULL, burner, NULL);
	burn_user(-1);
	return 0;
}
