/*
 * Reads the beginning of a plan. No job depends on what is in it: a job gets what was made of it only if its own plan begins with the very
 * same steps (template.h). So it is held to what may be made ahead of any job, and to its own bounds.
 */
#include "beginning.h"

#include "steps.h"
#include "sys.h"

#include <sys/mman.h>
#include <sys/stat.h>

/* PlanBeginning.cs */
#define LARGEST (64u << 10)

static int is_beginning(const void *bytes, size_t size, struct plan *beginning)
{
	uint32_t last;

	if (plan_check_beginning(bytes, size, beginning) < 0)
		return 0;
	last = beginning->header->step_count - 1;
	for (uint32_t i = 0; i < last; i++)
		if (!step_is_speculative(&beginning->steps[i]))
			return 0;
	/* where who carries them out stops */
	return last > 0 && !step_is_speculative(&beginning->steps[last]);
}

/* A copy: whoever may write to the file could change it under us. */
int beginning_read(int fd, struct plan *beginning)
{
	struct stat status;
	size_t size;
	void *bytes;

	if (fstat(fd, &status) < 0 || status.st_size < (off_t)sizeof *beginning->header || status.st_size > LARGEST)
		return -1;
	size = (size_t)status.st_size;
	bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bytes == MAP_FAILED)
		return -1;
	if (pread(fd, bytes, size, 0) == (ssize_t)size && is_beginning(bytes, size, beginning))
		return 0;
	munmap(bytes, size);
	return -1;
}
