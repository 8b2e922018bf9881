/*
 * What compilers call for what looks like no call at all, such as a structure that begins as zeros. Of this code alone: build.sh keeps the names from the C library's.
 */
#include <stddef.h>

void *memset(void *memory, int byte, size_t size);
void *memcpy(void *restrict to, const void *restrict from, size_t size);

void *memset(void *memory, int byte, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((volatile char *)memory)[i] = (char)byte;
	return memory;
}

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((volatile char *)to)[i] = ((const char *)from)[i];
	return to;
}
