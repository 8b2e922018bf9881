#include "clock.h"

#include <time.h>

static uint64_t behind, behind_of_children;

uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec + behind;
}

void clock_set_children(uint64_t ns)
{
	behind_of_children = ns;
}

void clock_begin_child(void)
{
	behind = behind_of_children;
}
