/* Burns system time: nearly all of it is spent inside getppid. */
#include "probe.h"

int main(void)
{
	for (;;)
		syscall(SYS_getppid);
}
