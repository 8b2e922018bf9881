/* Prints every line of a file, or every name in a directory, that contains a text; "nothing" if none
 * does. */

#include "probe.h"

static const char *wanted;
static int found;

static void look_in_file(const char *path)
{
	char *line = NULL;
	size_t room = 0;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return;
	while (getline(&line, &room, file) > 0)
		if (strstr(line, wanted) != NULL && found++ < 20)
			printf("found in %s: %s", path, line);
	fclose(file);
}

int main(int argc, char **argv)
{
	wanted = argument(argc, argv, 1);
	for (int i = 2; i < argc; i++)
		look_in_file(argv[i]);
	if (found == 0)
		puts("nothing");
	return 0;
}
