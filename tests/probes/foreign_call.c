/* Enters the kernel through a door of another architecture: int 0x80, or the x32 numbers. */
#include "probe.h"

int main(int argc, char **argv)
{
	const char *door = argument(argc, argv, 1);
	long result = -1;

#ifdef __x86_64__
	if (strcmp(door, "int80") == 0)
		__asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory", "r8", "r9", "r10", "r11");
	else
		result = syscall(0x40000000 | SYS_getpid);
#else
	printf("not here\n");
	return 0;
#endif
	verdict(result, door);
}
