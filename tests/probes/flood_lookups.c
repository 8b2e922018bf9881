/*
 * Attacks whoever answers for names: sockets by the thousand, datagrams of every kind as fast as it goes for MILLISECONDS,
 * replies never read. Then one honest question: "answered" or "silent"; and what process 1 has used for it all: "little", or the milliseconds.
 */
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "probe.h"

static const struct sockaddr_in port = { .sin_family = AF_INET, .sin_port = 0x3500, .sin_addr.s_addr = 0x0100007f };
static const unsigned char question[] = { 1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 1, 'b', 0, 0, 1, 0, 1 };

static int connected(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&port, sizeof port) < 0)
		denied();
	return fd;
}

static void flood(int milliseconds)
{
	struct timespec begin, now;
	unsigned char bytes[600];
	int fd = connected();

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (unsigned i = 0;; i++) {
		size_t size = i % sizeof bytes;

		memset(bytes, (int)(i * 7), sizeof bytes);
		memcpy(bytes, question, i & 1 ? sizeof question : i % sizeof question);
		send(fd, bytes, i & 2 ? size : sizeof question, 0);
		if (i % 64 == 0)
			close(socket(AF_INET6, SOCK_DGRAM, 0));
		clock_gettime(CLOCK_MONOTONIC, &now);
		if ((now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1000000 > milliseconds)
			break;
	}
	close(fd);
}

/* proc(5): the fields 14 and 15 */
static void print_used(void)
{
	unsigned long user = 0, system = 0, used;
	FILE *stat = fopen("/proc/1/stat", "re");

	if (!stat || fscanf(stat, "%*d (init) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
		broken("/proc/1/stat");
	used = (user + system) * 1000 / (unsigned long)sysconf(_SC_CLK_TCK);
	printf(used < 300 ? "little\n" : "%lu ms\n", used);
}

int main(int argc, char **argv)
{
	unsigned char answer[512];
	int fd = -1;

	flood(argc > 1 ? atoi(argv[1]) : 1000);
	print_used();
	for (int tries = 0; tries < 50; tries++) {
		fd = connected();
		send(fd, question, sizeof question, 0);
		struct pollfd event = { .fd = fd, .events = POLLIN };

		if (poll(&event, 1, 200) == 1 && recv(fd, answer, sizeof answer, 0) == sizeof question && (answer[3] & 15) == 3) {
			puts("answered");
			return 0;
		}
		close(fd);
	}
	puts("silent");
	return 0;
}
