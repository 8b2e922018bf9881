/*
 * Keeps the page cache at the memory limit with FILES while data goes over the loopback device for SECONDS: the
 * receiving side is charged in an interrupt, beyond the limit if need be (GFP_ATOMIC has __GFP_HIGH,
 * mm/memcontrol.c). Needs a few MiB and ends with 0: no verdict but ok is right.
 */
#include "probe.h"

#include <arpa/inet.h>
#include <sys/socket.h>

static char block[64 << 10];

static void read_for_ever(int count, char **files)
{
	for (;;)
		for (int i = 0; i < count; i++) {
			int file = open(files[i], O_RDONLY | O_CLOEXEC);

			while (file >= 0 && read(file, block, sizeof block) > 0)
				;
			if (file >= 0)
				close(file);
		}
}

static int connected(int *ends)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(listener, (void *)&address, size) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (void *)&address, &size) < 0)
		return -1;
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(ends[0], (void *)&address, size) < 0)
		return -1;
	ends[1] = accept(listener, NULL, NULL);
	return ends[1];
}

int main(int argc, char **argv)
{
	time_t end = time(NULL) + atoi(argument(argc, argv, 1));
	int ends[2][2];
	pid_t reader;

	if (connected(ends[0]) < 0 || connected(ends[1]) < 0) {
		printf("denied %s\n", errno_name(errno));
		return 1;
	}
	reader = fork();
	if (reader == 0)
		read_for_ever(argc - 2, argv + 2);
	while (time(NULL) < end)
		for (int i = 0; i < 2; i++) {
			for (int sent = 0; sent < 4; sent++)
				send(ends[i][0], block, sizeof block, MSG_DONTWAIT);
			recv(ends[i][1], block, 20000, MSG_DONTWAIT);
		}
	kill(reader, SIGKILL);
	puts("done");
	return 0;
}
