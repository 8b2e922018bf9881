/* The classic: every process forks for ever, in its own session, and nobody ever ends. */
#include "probe.h"

int main(void)
{
	for (;;)
		if (fork() == 0)
			setsid();
}
