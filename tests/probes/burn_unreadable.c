/* Becomes a program it may execute but not read, which drops inherited perf counters, and burns
 * there. */
#include "probe.h"

static void copy(const char *from, const char *to)
{
	static char block[1 << 16];
	int in = open(from, O_RDONLY), out = open(to, O_CREAT | O_WRONLY, 0700);
	ssize_t got;

	if (in < 0 || out < 0)
		broken("copy");
	while ((got = read(in, block, sizeof block)) > 0)
		if (write(out, block, (size_t)got) != got)
			broken("write");
	close(in);
	close(out);
	if (chmod(to, 0111) < 0)
		broken("chmod");
}

int main(int argc, char **argv)
{
	if (argc > 1)
		burn_user(-1);
	copy("/proc/self/exe", "/work/unreadable");
	execl("/work/unreadable", "unreadable", "burn", NULL);
	broken("execl");
}
