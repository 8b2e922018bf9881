/*
 * What jobs that share namespaces have in common: hold TEXT (in a System V segment), read (what is in it), abstract (listens at an abstract address for
 * one visit), visit-abstract (as soon as somebody may be there), others (how many processes of others it sees), gone (waits until there is no eth0).
 */
#include <dirent.h>
#include <stddef.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "probe.h"

#define KEY 4711
#define TURNS 1500
#define TURN_US 20000

static const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "\0shared" };
static const socklen_t address_size = offsetof(struct sockaddr_un, sun_path) + 7;

static void hold(const char *text)
{
	/* of real root each job has another id */
	int id = shmget(KEY, 4096, IPC_CREAT | IPC_EXCL | 0666);
	char *place = id < 0 ? (void *)-1 : shmat(id, NULL, 0);

	if (place == (void *)-1)
		broken("shmget");
	strcpy(place, text);
}

static void read_held(void)
{
	int id = shmget(KEY, 0, 0);
	char *place = id < 0 ? (void *)-1 : shmat(id, NULL, SHM_RDONLY);

	if (place == (void *)-1)
		denied();
	else
		printf("read %s\n", place);
}

static void listen_abstract(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (bind(fd, (const struct sockaddr *)&address, address_size) < 0 || listen(fd, 1) < 0)
		broken("listen");
	accept(fd, NULL, NULL);
}

static void visit_abstract(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0), result = -1;

	for (int tried = 0; tried < TURNS; tried++, usleep(TURN_US)) {
		result = connect(fd, (const struct sockaddr *)&address, address_size);
		if (result == 0 || errno != ECONNREFUSED)
			break;
	}
	if (result < 0)
		denied();
	else
		printf("met\n");
}

/* All that this job has are its shell and this. */
static void count_others(void)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	char path[280], line[256];
	int others = 0;

	if (!processes)
		broken("/proc");
	while ((entry = readdir(processes)) != NULL) {
		ssize_t size;
		int fd;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof path, "/proc/%s/cmdline", entry->d_name);
		fd = open(path, O_RDONLY);
		size = fd < 0 ? -1 : read(fd, line, sizeof line);
		close(fd);
		others += size > 0 && memmem(line, (size_t)size, "answer", 7) != NULL;
	}
	printf("%d others\n", others);
}

static void await_end(void)
{
	char text[4096];

	for (int tried = 0; tried < TURNS; tried++, usleep(TURN_US)) {
		int fd = open("/proc/net/dev", O_RDONLY);
		ssize_t size = read(fd, text, sizeof text - 1);

		close(fd);
		if (size < 0)
			broken("/proc/net/dev");
		text[size] = 0;
		if (!strstr(text, "eth0")) {
			printf("gone\n");
			return;
		}
	}
	printf("escaped: it is still there\n");
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (strcmp(what, "hold") == 0 && argc > 2)
		hold(argv[2]);
	else if (strcmp(what, "read") == 0)
		read_held();
	else if (strcmp(what, "abstract") == 0)
		listen_abstract();
	else if (strcmp(what, "visit-abstract") == 0)
		visit_abstract();
	else if (strcmp(what, "others") == 0)
		count_others();
	else if (strcmp(what, "gone") == 0)
		await_end();
	else
		return 2;
	return 0;
}
