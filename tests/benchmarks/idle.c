/* Does nothing until it is killed: for the overshoot of the wallTime limit. */
#include <unistd.h>

int main(void)
{
	for (;;)
		pause();
}
