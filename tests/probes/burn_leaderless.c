/* Its first thread ends at once, so that /proc shows a zombie without memory; the second burns. */
#include <pthread.h>

#include "probe.h"

static void *burner(void *unused)
{
	burn_user(-1);
	return NULL;
}

int main(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, burner, NULL);
	pthread_exit(NULL);
}
