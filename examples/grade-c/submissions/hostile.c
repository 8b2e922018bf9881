/* Goes for the kernel by raw system calls; prints what succeeded. Nothing does, so its answer is wrong. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int escaped;

static void refused(const char *what, long answer)
{
	if (answer < 0)
		return;
	printf("ESCAPED: %s\n", what);
	escaped = 1;
}

int main(void)
{
	char parameters[256] = {0};

	refused("open the password hashes", open("/etc/shadow", O_RDONLY));
	refused("write to /usr", open("/usr/evil", O_WRONLY | O_CREAT, 0600));
	refused("open the memory of pid 1", open("/proc/1/mem", O_RDWR));
	refused("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
	refused("unmount /", umount2("/", MNT_DETACH));
	refused("new user namespace", unshare(CLONE_NEWUSER));
	refused("join a namespace of pid 1", setns(open("/proc/1/ns/user", O_RDONLY), 0));
	refused("trace pid 1", ptrace(PTRACE_ATTACH, 1, NULL, NULL));
	refused("packet socket", socket(AF_PACKET, SOCK_RAW, 0));
	refused("vsock", socket(40, SOCK_STREAM, 0));
	refused("io_uring", syscall(SYS_io_uring_setup, 1, parameters));
	refused("bpf", syscall(SYS_bpf, 0, parameters, sizeof parameters));
	refused("perf", syscall(SYS_perf_event_open, parameters, 0, -1, -1, 0));
	refused("userfaultfd", syscall(SYS_userfaultfd, 0));
	refused("keyring", syscall(SYS_keyctl, 0, -3, 0));
	refused("reboot", syscall(SYS_reboot, 0, 0, 0, 0));
	refused("become root", setuid(0));

	/* a forged result to every descriptor there is, a shot at pid 1, and a crowd left behind */
	for (int fd = 3; fd < 1024; fd++)
		refused("write to a descriptor of the sandbox", write(fd, "{\"verdict\":\"ok\"}", 16));
	kill(1, SIGKILL);
	for (pid_t child; (child = fork()) >= 0;)
		if (child == 0)
			for (;;)
				pause();
	if (!escaped)
		puts("nothing worked");
	return 0;
}
