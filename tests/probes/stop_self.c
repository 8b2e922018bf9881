/* Stops itself: it will never end and never burn. */
#include "probe.h"

int main(void)
{
	for (;;)
		raise(SIGSTOP);
}
