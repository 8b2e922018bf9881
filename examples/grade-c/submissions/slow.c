/* Tries every divisor. */
#include <stdio.h>

int main(void)
{
	long n, count = 0;

	if (scanf("%ld", &n) != 1)
		return 1;
	for (long i = 2; i <= n; i++) {
		long divisor = 2;

		while (i % divisor)
			divisor++;
		count += divisor == i;
	}
	printf("%ld\n", count);
	return 0;
}
