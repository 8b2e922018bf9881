#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <wchar.h>

static void *twice(void *number)
{
	*(int *)number *= 2;
	return NULL;
}

int main(void)
{
	char line[100], word[100], name[] = "/tmp/numberXXXXXX";
	wchar_t wide[100];
	int number = 21, seed, file = mkstemp(name);
	time_t now = time(NULL);
	pthread_t thread;
	FILE *stream = fdopen(file, "w+");

	if (!setlocale(LC_ALL, "") || !stream || getrandom(&seed, sizeof seed, 0) != sizeof seed || localtime(&now)->tm_year < 120)
		return 1;
	if (!fgets(line, sizeof line, stdin) || sscanf(line, "%99s", word) != 1 || mbstowcs(wide, word, 100) != 9)
		return 2;
	fprintf(stream, "%d", number);
	rewind(stream);
	number = 0;
	if (fscanf(stream, "%d", &number) != 1 || pthread_create(&thread, NULL, twice, &number) || pthread_join(thread, NULL))
		return 3;
	return printf("%s %d\n", word, number) < 0;
}
