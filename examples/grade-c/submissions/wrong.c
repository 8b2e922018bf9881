/* Takes every odd number for a prime that no prime up to 7 divides. */
#include <stdio.h>

int main(void)
{
	long n, count = 0;

	if (scanf("%ld", &n) != 1)
		return 1;
	for (long i = 2; i <= n; i++)
		if (i == 2 || i == 3 || i == 5 || i == 7 || (i % 2 && i % 3 && i % 5 && i % 7))
			count++;
	printf("%ld\n", count);
	return 0;
}
