/* Uses CPU until it is killed: for the overshoot of the cpuTime limit. */
int main(void)
{
	for (volatile unsigned long i = 0;; i++)
		;
}
