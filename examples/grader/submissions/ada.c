#include <stdio.h>

int main(void) {
  int count;
  long long sum = 0;
  if (scanf("%d", &count) != 1) {
    return 1;
  }

  for (long long number; count > 0 && scanf("%lld", &number) == 1; count--) {
    sum += number;
  }

  printf("%lld\n", sum);
  return 0;
}
