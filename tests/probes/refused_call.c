/*
 * Tries one dangerous system call by name, with arguments that work outside a sandbox wherever
 * privileges allow: a refusal is then the sandbox's, not a complaint about the arguments.
 */
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <termios.h>

#include "probe.h"

#ifndef AF_VSOCK
#define AF_VSOCK 40
#endif

static long call_io_uring(void)
{
	struct io_uring_params parameters = { 0 };

	return syscall(SYS_io_uring_setup, 8, &parameters);
}

static long call_bpf(void)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes);
}

static long call_perf(void)
{
	struct perf_event_attr attributes = { .type = PERF_TYPE_SOFTWARE,
					      .size = sizeof attributes,
					      .config = PERF_COUNT_SW_TASK_CLOCK,
					      .exclude_kernel = 1 };

	return syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
}

static long call_clone3(uint64_t flags)
{
	struct clone_args arguments = { .flags = flags, .exit_signal = SIGCHLD };
	long child = syscall(SYS_clone3, &arguments, sizeof arguments);

	if (child == 0)
		_exit(0);
	return child;
}

static long call_clone(unsigned long flags)
{
#ifdef __s390x__
	long child = syscall(SYS_clone, 0, flags | SIGCHLD, 0, 0, 0);
#else
	long child = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);
#endif

	if (child == 0)
		_exit(0);
	return child;
}

/* The kernel looks at the low 32 bits of an ioctl request only; a filter that compares 64 is
 * fooled. */
static long call_tiocsti(unsigned long high)
{
	int terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	char letter = 'x';

	return syscall(SYS_ioctl, terminal, high | TIOCSTI, &letter);
}

static long call_tioclinux(void)
{
	int terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	char code = 6;

	return syscall(SYS_ioctl, terminal, 0x541C, &code);
}

static long call_read_init(void)
{
	char byte;
	struct iovec local = { &byte, 1 }, remote = { (void *)0x400000, 1 };

	return syscall(SYS_process_vm_readv, 1, &local, 1, &remote, 1, 0);
}

static long call_write_init(void)
{
	char byte = 0;
	struct iovec local = { &byte, 1 }, remote = { (void *)0x400000, 1 };

	return syscall(SYS_process_vm_writev, 1, &local, 1, &remote, 1, 0);
}

static long call_take_fd_of_init(void)
{
	int init = (int)syscall(SYS_pidfd_open, 1, 0);

	return init < 0 ? -1 : syscall(SYS_pidfd_getfd, init, 0, 0);
}

static long call_setns_of_init(void)
{
	int init = (int)syscall(SYS_pidfd_open, 1, 0);

	return init < 0 ? -1 : syscall(SYS_setns, init, CLONE_NEWNS | CLONE_NEWUSER);
}

static long call_setns_own(void)
{
	int own = open("/proc/self/ns/net", O_RDONLY);

	return own < 0 ? -1 : syscall(SYS_setns, own, 0);
}

static long call_seccomp_listener(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { 1, &allow };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

/*
 * A filter on a socket of a family and type that every policy lets a job have. One filter, never many: kernels
 * have deadlocked on freeing a thousand at once.
 */
static long call_attach_filter(unsigned long level, unsigned long option)
{
	struct sock_filter all = BPF_STMT(BPF_RET | BPF_K, 0xffff);
	struct sock_fprog program = { 1, &all };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) < 0)
		broken("socketpair");
	return syscall(SYS_setsockopt, ends[0], level, option, &program, sizeof program);
}

static long call_attach_reuseport(int option)
{
	struct sock_filter first = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = { 1, &first };
	int one = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0)
		broken("SO_REUSEPORT");
	return syscall(SYS_setsockopt, fd, SOL_SOCKET, option, &program, sizeof program);
}

static long call_set_option(int type, int level, int option, int first)
{
	int value[16] = { first }, fd = socket(AF_INET, type, 0);

	return syscall(SYS_setsockopt, fd, level, option, value, sizeof value);
}

static long call_seccomp_filter(void)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { 1, &allow };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static long call_file_request(unsigned long request)
{
	uint64_t room[64] = { 0 };
	int file = open("/tmp/file", O_RDWR | O_CREAT, 0600);

	return syscall(SYS_ioctl, file, request, room);
}

static long call_lease(int command, long value)
{
	int file = command == F_NOTIFY ? open("/tmp", O_RDONLY | O_DIRECTORY)
				       : open("/tmp/file", O_RDONLY | O_CREAT, 0600);

	return fcntl(file, command, value);
}

static long call_add_key(void)
{
	return syscall(SYS_add_key, "user", "sandbox-probe", "x", 1, KEY_SPEC_SESSION_KEYRING);
}

static long call_kcmp(void)
{
	return syscall(SYS_kcmp, 1, 1, 0, 0, 0);
}

static long call_open_by_handle(void)
{
	char handle[sizeof(struct file_handle) + 128] = { 0 };
	int mount;
	struct file_handle *header = (struct file_handle *)handle;

	header->handle_bytes = 128;
	if (name_to_handle_at(AT_FDCWD, "/usr", header, &mount, 0) < 0)
		return -1;
	int root = open("/usr", O_RDONLY | O_DIRECTORY);
	return open_by_handle_at(root, header, O_RDONLY);
}

static long call_fsopen(void)
{
	return syscall(SYS_fsopen, "tmpfs", 0);
}

static long call_open_tree(void)
{
	return syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */);
}

static long call_mount_setattr(void)
{
	uint64_t attributes[4] = { 0, 1 /* MOUNT_ATTR_RDONLY */, 0, 0 };

	return syscall(SYS_mount_setattr, AT_FDCWD, "/usr", 0, attributes, sizeof attributes);
}

#define TRY(label, expression)                                                                               \
	if (strcmp(name, label) == 0)                                                                        \
	verdict((expression), label)

static void try_sockets(const char *name)
{
	TRY("socket-vsock", socket(AF_VSOCK, SOCK_STREAM, 0));
	TRY("socket-packet", socket(AF_PACKET, SOCK_RAW, 0));
	TRY("socket-alg", socket(AF_ALG, SOCK_SEQPACKET, 0));
	TRY("socket-netlink-generic", socket(AF_NETLINK, SOCK_RAW, 16));
	TRY("socket-netlink-diag", socket(AF_NETLINK, SOCK_RAW, 4));
	TRY("socket-netlink-stream", socket(AF_NETLINK, SOCK_STREAM, 0));
	TRY("socket-raw", socket(AF_INET, SOCK_RAW, 1));
	TRY("socket-ping", socket(AF_INET, SOCK_DGRAM, 1));
	TRY("socket-key", socket(AF_KEY, SOCK_RAW, 2));
	TRY("socket-bluetooth", socket(AF_BLUETOOTH, SOCK_RAW, 1));
	TRY("socket-can", socket(AF_CAN, SOCK_RAW, 1));
	TRY("socket-xdp", socket(44, SOCK_RAW, 0));
	TRY("socket-tipc", socket(AF_TIPC, SOCK_STREAM, 0));
	TRY("socket-rds", socket(AF_RDS, SOCK_SEQPACKET, 0));
	TRY("socket-smc", socket(43, SOCK_STREAM, 0));
	TRY("socket-mptcp", socket(AF_INET, SOCK_STREAM, 262));
}

static void try_namespaces(const char *name)
{
	TRY("unshare-user", syscall(SYS_unshare, CLONE_NEWUSER));
	TRY("unshare-mount", syscall(SYS_unshare, CLONE_NEWNS));
	TRY("unshare-net", syscall(SYS_unshare, CLONE_NEWNET));
	TRY("unshare-pid", syscall(SYS_unshare, CLONE_NEWPID));
	TRY("unshare-time", syscall(SYS_unshare, 0x80));
	TRY("clone-user", call_clone(CLONE_NEWUSER));
	TRY("clone-user-net", call_clone(CLONE_NEWUSER | CLONE_NEWNET));
	TRY("clone3-user", call_clone3(CLONE_NEWUSER));
	TRY("clone3-plain", call_clone3(0));
	TRY("setns-of-init", call_setns_of_init());
	TRY("setns-own", call_setns_own());
	TRY("chroot", syscall(SYS_chroot, "/tmp"));
	TRY("pivot-root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
	TRY("mount", syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, NULL));
	TRY("mount-bind", syscall(SYS_mount, "/usr", "/tmp", NULL, 4096, NULL));
	TRY("umount", syscall(SYS_umount2, "/proc", 2));
	TRY("umount-root", syscall(SYS_umount2, "/", 2));
	TRY("fsopen", call_fsopen());
	TRY("open-tree", call_open_tree());
	TRY("mount-setattr", call_mount_setattr());
	TRY("open-by-handle", call_open_by_handle());
}

static void try_processes(const char *name)
{
	TRY("ptrace-init", syscall(SYS_ptrace, PTRACE_SEIZE, 1, 0, 0));
	TRY("ptrace-attach-init", syscall(SYS_ptrace, PTRACE_ATTACH, 1, 0, 0));
	TRY("read-init", call_read_init());
	TRY("write-init", call_write_init());
	TRY("take-fd-of-init", call_take_fd_of_init());
	TRY("kcmp", call_kcmp());
	TRY("seccomp-listener", call_seccomp_listener());
	TRY("set-priority", setpriority(PRIO_PROCESS, 0, -5));
	TRY("real-time", sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 }));
	TRY("set-user-root", syscall(SYS_setuid, 0));
	TRY("set-group-root", syscall(SYS_setgid, 0));
	TRY("set-user-other", syscall(SYS_setresuid, 4242, 4242, 4242));
	TRY("setgroups", syscall(SYS_setgroups, 0, NULL));
	TRY("set-hostname", syscall(SYS_sethostname, "evil", 4));
	TRY("set-time", clock_settime(CLOCK_REALTIME, &(struct timespec){ .tv_sec = 1 }));
}

static void try_options(const char *name)
{
	const unsigned long high = 0x700000000UL;

	TRY("attach-filter", call_attach_filter(SOL_SOCKET, SO_ATTACH_FILTER));
	TRY("attach-filter-high-bits", call_attach_filter(high | SOL_SOCKET, high | SO_ATTACH_FILTER));
	TRY("attach-bpf", call_attach_filter(SOL_SOCKET, 50));
	TRY("attach-reuseport-cbpf", call_attach_reuseport(51));
	TRY("attach-reuseport-ebpf", call_attach_reuseport(52));
	TRY("time-stamp", call_set_option(SOCK_DGRAM, SOL_SOCKET, SO_TIMESTAMP, 1));
	TRY("zero-copy", call_set_option(SOCK_STREAM, SOL_SOCKET, 60, 1));
	TRY("udp-encap", call_set_option(SOCK_DGRAM, IPPROTO_UDP, 100, 2));
	TRY("tcp-md5", call_set_option(SOCK_STREAM, IPPROTO_TCP, 14, 2));
	TRY("tcp-ulp", call_set_option(SOCK_STREAM, IPPROTO_TCP, 31, 0x736c74));
	TRY("ip-min-ttl", call_set_option(SOCK_STREAM, IPPROTO_IP, 21, 1));
	TRY("seccomp-filter", call_seccomp_filter());
	TRY("seccomp-mode", prctl(PR_GET_SECCOMP));
	TRY("landlock", syscall(444, NULL, 0, 1));
	TRY("counters-off", prctl(PR_TASK_PERF_EVENTS_DISABLE));
	TRY("session-to-parent", syscall(SYS_keyctl, KEYCTL_SESSION_TO_PARENT));
	TRY("core-scheduling", prctl(62, 1, 0, 0, 0));
	TRY("futex-table", prctl(78, 1, 16, 0, 0));
	TRY("machine-check", prctl(33, 1, 1, 0, 0));
	TRY("extents", call_file_request(0xc020660b));
	TRY("file-flags", call_file_request(0x40086602));
	TRY("name-space-of-file", syscall(SYS_ioctl, open("/proc/self/ns/user", O_RDONLY), 0xb702));
	TRY("lease", call_lease(F_SETLEASE, F_RDLCK));
	TRY("notify", call_lease(F_NOTIFY, 2));
	TRY("huge-mapping", (long)mmap(NULL, 2 << 20, PROT_READ,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE, -1, 0));
	TRY("merge", madvise(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			     4096, MADV_MERGEABLE));
	TRY("huge-memfd", memfd_create("x", 4));
}

static void try_kernel(const char *name)
{
	TRY("io-uring", call_io_uring());
	TRY("bpf", call_bpf());
	TRY("perf", call_perf());
	TRY("userfaultfd", syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */));
	TRY("keyctl", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1));
	TRY("keyctl-join", syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL));
	TRY("add-key", call_add_key());
	TRY("request-key", syscall(SYS_request_key, "user", "sandbox-probe", NULL, 0));
	TRY("tiocsti", call_tiocsti(0));
	TRY("tiocsti-high-bits", call_tiocsti(0x100000000UL));
	TRY("tioclinux", call_tioclinux());
	TRY("init-module", syscall(SYS_init_module, "", 0, ""));
	TRY("finit-module", syscall(SYS_finit_module, 0, "", 0));
	TRY("delete-module", syscall(SYS_delete_module, "x", 0));
	TRY("kexec", syscall(SYS_kexec_load, 0, 0, NULL, 0));
	TRY("reboot", syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL));
	TRY("swapon", syscall(SYS_swapon, "/tmp", 0));
	TRY("acct", syscall(SYS_acct, NULL));
	TRY("syslog", syscall(SYS_syslog, 3, (char[64]){ 0 }, 64));
	TRY("quotactl", syscall(SYS_quotactl, 0, NULL, 0, NULL));
	TRY("personality", syscall(SYS_personality, 0x0400000 /* READ_IMPLIES_EXEC */));
	TRY("vhangup", syscall(SYS_vhangup));
	TRY("fanotify", syscall(SYS_fanotify_init, 0, 0));
#ifdef __x86_64__
	TRY("iopl", syscall(SYS_iopl, 3));
	TRY("ioperm", syscall(SYS_ioperm, 0x80, 1, 1));
	TRY("modify-ldt", syscall(SYS_modify_ldt, 1, NULL, 0));
	TRY("uselib", syscall(SYS_uselib, "/usr/lib"));
#endif
	TRY("unknown-call", syscall(9999));
}

int main(int argc, char **argv)
{
	const char *name = argument(argc, argv, 1);

	try_sockets(name);
	try_namespaces(name);
	try_processes(name);
	try_options(name);
	try_kernel(name);
	printf("broken: no such call: %s\n", name);
	return 99;
}
