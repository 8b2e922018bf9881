/* A sieve with a long per number: the largest case needs more than it gets. */
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	long n, count = 0;
	long *composite;

	if (scanf("%ld", &n) != 1)
		return 1;
	composite = malloc(((size_t)n + 1) * sizeof *composite);
	for (long i = 0; i <= n; i++)
		composite[i] = 0;
	for (long i = 2; i <= n; i++) {
		if (composite[i])
			continue;
		count++;
		for (long j = i * i; j <= n; j += i)
			composite[j] = 1;
	}
	printf("%ld\n", count);
	return 0;
}
