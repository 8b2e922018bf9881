/* Lists the processes it can see. */
#include <dirent.h>

#include "probe.h"

int main(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	if (proc == NULL)
		denied();
	while ((entry = readdir(proc)) != NULL)
		if (atoi(entry->d_name) > 0)
			printf("%s\n", entry->d_name);
	return 0;
}
