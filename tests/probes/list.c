/* Lists a directory, one name per line, sorted; or says why it cannot. */
#include <dirent.h>

#include "probe.h"

int main(int argc, char **argv)
{
	struct dirent **names;
	int count = scandir(argument(argc, argv, 1), &names, NULL, alphasort);

	if (count < 0)
		denied();
	for (int i = 0; i < count; i++)
		if (strcmp(names[i]->d_name, ".") != 0 && strcmp(names[i]->d_name, "..") != 0)
			puts(names[i]->d_name);
	return 0;
}
