/*
 * One byte there and one back, again and again, between two processes: "bare N" over a pair of pipes of its own, "ask N" over
 * descriptors 0 and 1 with somebody who does "answer". Who asks says on stderr how many nanoseconds that took, after a first round.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int trip(int from, int to)
{
	char byte = 'x';

	return write(to, &byte, 1) == 1 && read(from, &byte, 1) == 1 ? 0 : -1;
}

static int ask(int from, int to, long rounds)
{
	uint64_t begun;

	if (trip(from, to) < 0)
		return 1;
	begun = now();
	for (long i = 0; i < rounds; i++)
		if (trip(from, to) < 0)
			return 1;
	fprintf(stderr, "%llu\n", (unsigned long long)(now() - begun));
	return 0;
}

static int answer(int from, int to)
{
	char byte;

	while (read(from, &byte, 1) == 1)
		if (write(to, &byte, 1) != 1)
			return 1;
	return 0;
}

static int bare(long rounds)
{
	int there[2], back[2];

	if (pipe(there) < 0 || pipe(back) < 0)
		return 1;
	if (fork() == 0) {
		close(there[1]);
		close(back[0]);
		_exit(answer(there[0], back[1]));
	}
	close(there[0]);
	close(back[1]);
	return ask(back[0], there[1], rounds);
}

int main(int argc, char **argv)
{
	long rounds = argc > 2 ? atol(argv[2]) : 0;

	if (argc > 1 && strcmp(argv[1], "answer") == 0)
		return answer(0, 1);
	if (rounds <= 0)
		return 2;
	return strcmp(argv[1], "bare") == 0 ? bare(rounds) : ask(0, 1, rounds);
}
