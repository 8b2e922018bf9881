/*
 * The wire format between managed and native code: one sealed memfd down, fixed-size records up.
 * src/Sandbox/Planning/PlanWriter.cs and src/Sandbox/Interop/ReportRecord.cs are its other side;
 * a change here changes the version, both of them and the golden plans in the same commit.
 */
#ifndef SANDBOX_PLAN_H
#define SANDBOX_PLAN_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* musl hides Linux behind it; this header comes first in every file */
#endif

#include <stddef.h>
#include <stdint.h>

#define PLAN_MAGIC 0x314e414c50584253ull /* "SBXPLAN1" read as a little-endian word */
#define PLAN_VERSION 15u
#define PLAN_MAX_BYTES (64u << 20)
#define PLAN_MAX_STEPS 4096u
#define PLAN_MAX_FDS 112    /* descriptors in one message, plan and channel included */
#define PLAN_MAX_CGROUPS 12 /* hierarchies: cgroup v1 has one for each controller */
/* What a job may be granted: CHOWN, DAC_OVERRIDE, FOWNER, SETGID, SETUID (capabilities(7)), all of the inner namespace. */
#define PLAN_CAPABILITIES 0xcbull
#define PLAN_MAX_LAYERS                                                                                      \
	128 /* of a layered root: they have to fit into one page of mount options (mount(2)) */
/*
 * Numbers that a job may have pipes at, beside its standard streams; all of them below FIRST_OWN_FD. Were they up to 63, our own
 * descriptors would not fit into the table that every process has from its start (NR_OPEN_DEFAULT, linux/fdtable.h).
 */
#define PLAN_FIRST_PIPE 3
#define PLAN_LAST_PIPE 47
#define PLAN_MAX_BACKLOG 4096
#define PLAN_MAX_SKIPPED 256 /* optional steps of which a report tells */
#define PLAN_MAX_CPU_BYTES 512 /* of an affinity mask: 4096 processors */

/* Descriptors of a job message, in order; the plan's fd numbers count from FD_EXTRA. */
enum { FD_PLAN, FD_CHANNEL, FD_STDIN, FD_STDOUT, FD_STDERR, FD_EXTRA };

/* Never decreasing along a plan; up to PHASE_HOST in pid 1, from PHASE_SESSION on in the payload. */
enum phase {
	PHASE_IDENTITY = 1,
	PHASE_ROOT,
	PHASE_MOUNTS,
	PHASE_FILES,
	PHASE_PIVOT,
	PHASE_HOST,
	PHASE_SESSION,
	PHASE_PRIVILEGES,
	PHASE_CONFINE,
	PHASE_FILTER,
	PHASE_EXEC,
	PHASE_COUNT
};

enum step_kind {
	STEP_IDENTITY = 1, /* wait for or write the maps of the outer user namespace; be root in it. With PLAN_SUB_IDS:
			      a, b: newuidmap and newgidmap; value: first subordinate uid, how many, gid, how many */
	STEP_ROOT,	   /* value: bytes, inodes */
	STEP_SCRATCH,	   /* value: bytes, inodes: the one writable tmpfs, not yet visible */
	STEP_UPPERS, /* a: a directory on the host for the upper sides of writable overlays; fd: that directory opened, then a
			socket of the keeper's; value: bytes, inodes that the keeper counts to (0: it does not) */
	STEP_BIND, /* a: source on the host, b: target, flags; value: length of the part of a that is one view, device
		      (statx(2), major << 32 | minor) and inode that the source, or the directory of its view, has to be
		      (0, 0: any), and, only with PLAN_FOREIGN_IDS, uid | gid << 32 whose files there are shown as the job's, and
		      who owns what the job makes there (0: nobody's) */
	STEP_DIRECTORY,  /* b: target; a directory of the scratch tmpfs; value: mode; flags */
	STEP_TMPFS,   /* b: target; value: bytes, inodes; flags */
	STEP_OVERLAY, /* a: lower directory on the host, b: target; flags (read-only: only to add mount points);
			 value[0]: 2 if a second word of a names the directory on the host that keeps the upper side */
	STEP_LAYER,   /* a: a directory on the host, the next one down of the layered root; value[1], value[2]: device and
			 inode that it has to be (0, 0: any) */
	STEP_LAYERED_ROOT, /* the layers so far, with an upper side in the scratch tmpfs, instead of the root tmpfs;
			      flags (read-only: sealed in the end); value[0]: 1 if something of it stays writable then */
	STEP_MAKE_DIRECTORY, /* b: a directory that is made if it is missing; value: mode */
	STEP_SYMLINK,	/* a: what it says, b: where */
	STEP_DEVICES,	/* /dev with the minimal nodes and a devpts instance */
	STEP_PROC,	/* /proc; flags: STEP_FLAG_PID_ONLY */
	STEP_SYSFS,	/* a: a directory of a sysfs of the job's own network namespace, b: target, read-only */
	STEP_MASK,  /* b: a path that is hidden if it exists; flags: STEP_FLAG_READ_ONLY keeps it readable; value: device (statx(2),
		       major << 32 | minor) and inode of what has to be there (0, 0: it may be missing), length of the part of b that is
		       the mount which shows it */
	STEP_PIN,  /* b: a directory that is mounted on itself, so that the job cannot move or remove it */
	STEP_KEEP_WRITABLE, /* b: a directory of the layered root, made with mode value[0] if it is missing, that stays writable when the
			       root is sealed */
	STEP_FILE, /* b: target; value: mode, blob offset, blob size; fd: or a descriptor to copy from; flags:
		      STEP_FLAG_READ_ONLY for a file that the job cannot change either */
	STEP_BIND_FILE, /* a, value: as of STEP_BIND; b: target; a file, read-only, whatever was there */
	STEP_STDIN,	/* a, value: as of STEP_BIND; becomes descriptor 0 of the job */
	STEP_BARRIER,	/* REPORT_BARRIER, then wait for COMMAND_CONTINUE; at most one, because the answer names none; value[0]: whether
			   the job's IPC namespace is handed up, too; flags: STEP_FLAG_OPTIONAL */
	STEP_PIVOT, /* the new root becomes /, the old one is gone */
	STEP_SEAL_ROOT, /* the root tmpfs becomes read-only */
	STEP_HOSTNAME,	/* a: name, b: domain name */
	STEP_CLOCKS, /* the payload's clocks of time since boot begin near zero; flags: STEP_FLAG_OPTIONAL */
	STEP_LOOPBACK,
	STEP_LOOKUPS, /* whoever asks for a name is told that there is none; flags: STEP_FLAG_ON_DEMAND */
	STEP_NETLINK, /* value: netlink protocol, blob offset, blob size: messages to the job's own network namespace; detail of a failure:
			 nlmsg_seq of the message; value[3]: 1 if it is nothing without the step of this kind before, and left out if that
			 was skipped; flags: STEP_FLAG_OPTIONAL */
	STEP_LISTEN,  /* a socket on the job's own loopback that goes up with REPORT_STARTED, at most STARTED_PORTS_MAX; value: AF_INET or
			 AF_INET6, SOCK_STREAM or SOCK_DGRAM, port, backlog; flags: STEP_FLAG_OPTIONAL */
	STEP_SYSCTL,  /* a: path below /proc/sys, b: value; flags: STEP_FLAG_OPTIONAL */
	STEP_COMMON_SYSCTL, /* the same, for what no job decides about: made ahead with the mounts */
	STEP_JOIN_NETWORK, /* before pid 1 is made, in the user namespace that a network's holder owns, so that nobody of the job has a
			      capability over what is joined; value[0]: whether that is another one; value[1]: enum join_what;
			      fd: the first descriptor, of that user namespace and then of each namespace of value[1]. At most one; with
			      JOIN_SWITCH only with a barrier */
	STEP_CGROUP,  /* fd: the first of value[0] files cgroup.procs to join; value[1]: 1 + descriptor of a
				directory (cgroup v2) to be cloned into, or 0; then a cgroup namespace of its own */
	STEP_SESSION, /* setsid; descriptors 0 to 2; flags: STEP_FLAG_TERMINAL, STEP_FLAG_INHERITED, STEP_FLAG_ENDS_STOPPED; value: rows,
			 columns, and a bit for each number from PLAN_FIRST_PIPE on that has a pipe, oom_score_adj; fd: the first of
			 these pipes, in the order of their numbers */
	STEP_INNER_USERNS,   /* value: uid, gid inside: single-id maps of the payload's own user namespace */
	STEP_LOCK_PRIVILEGE, /* bounding set emptied, securebits locked; value: the capabilities that stay */
	STEP_CREDENTIALS,    /* value: uid, gid */
	STEP_RLIMIT,	     /* value: resource, soft, hard */
	STEP_AFFINITY,	     /* value: blob offset, blob size (a mask as in sched_setaffinity(2)) */
	STEP_DROP_CAPABILITIES, /* value: the capabilities that stay, ambient */
	STEP_NO_NEW_PRIVS,
	STEP_CPU_CLOCK,		/* a perf task clock over the tree; never fails, absence is reported */
	STEP_WORKING_DIRECTORY,	/* a: path; value: 1 if it has to be there */
	STEP_OPEN, /* a: path of a file of the root, which the job is given open; value: a bit for each descriptor, mode of a new
		      one; flags: STEP_FLAG_READ_ONLY for one that is there, otherwise it is made or emptied, to read and write;
		      STEP_FLAG_REDIRECTED as a shell would open it */
	STEP_LANDLOCK_WRITABLE, /* b: path below which the job may write */
	STEP_LANDLOCK, /* flags: STEP_FLAG_SCOPE_SIGNALS …; enforced if the kernel has it, ABI reported */
	STEP_SECCOMP,  /* value: blob offset, blob size (struct sock_filter[]) */
	STEP_EXEC, /* a: first argument word, b: first environment word; value: argc, envc, EXEC_HERE_FIRST for a name without a slash
		      that is first looked for in the working directory, EXEC_AS_GIVEN for one that execve(2) alone is to find; how many of
		      the last environment words are there only if the optional step of the number << 32 was skipped */
	STEP_KIND_COUNT
};

enum step_flag {
	STEP_FLAG_READ_ONLY = 1 << 0,
	STEP_FLAG_NO_EXEC = 1 << 1,
	STEP_FLAG_OPTIONAL = 1 << 2, /* absent source or refused write is reported, not an error */
	STEP_FLAG_PID_ONLY = 1 << 3, /* proc(5), subset=pid */
	STEP_FLAG_DEVICES = 1 << 4,  /* keep device nodes usable below a bind */
	STEP_FLAG_OWN_INODES =
		1 << 5, /* through a read-only overlay, so that locks and watches are the job's own */
	STEP_FLAG_OF_SYSTEM = 1 << 6, /* a is the host's own, named by no user, or the file is generated, and none of the job's: for jobs to come it may be done ahead */
	STEP_FLAG_TERMINAL = 1 << 7,  /* a terminal of its own instead of the descriptors that came along */
	STEP_FLAG_OWN_FILES = 1 << 8, /* what real root owns in a belongs to the job */
	STEP_FLAG_ON_DEMAND = 1 << 10, /* nothing is up before the job makes a socket that names can be asked with */
	STEP_FLAG_STORED = 1 << 9, /* the view is the store's: as real root its directory is opened once for all */
	STEP_FLAG_REDIRECTED = 1 << 11, /* to read or to write only, through links, and a FIFO is waited for */
	STEP_FLAG_INHERITED = 1 << 12, /* in the place of pipes are descriptors of the caller's, of any kind, and stay the caller's */
	STEP_FLAG_ENDS_STOPPED = 1 << 13, /* a job that is stopped, with nobody left in it to let it go on, is over */
};

/* Of STEP_EXEC; one of them at most. */
enum exec_how {
	EXEC_HERE_FIRST = 1,
	EXEC_AS_GIVEN = 2, /* what cannot be executed is told by the job itself, which exits with 127 */
};

struct plan_step {
	uint16_t kind;
	uint16_t phase;
	uint32_t flags;
	uint32_t a; /* text offsets; 0 is the empty string */
	uint32_t b;
	int32_t fd; /* index into the job's extra descriptors, or -1 */
	uint32_t reserved;
	uint64_t value[4];
};

/* What STEP_JOIN_NETWORK joins, in the order of its descriptors. */
enum join_what {
	JOIN_SWITCH = 1 << 0,  /* the holder's network namespace, beside which one is made for the job */
	JOIN_NETWORK = 1 << 1, /* the network namespace of another job, as it is */
	JOIN_IPC = 1 << 2,     /* the IPC namespace of another job */
};

enum plan_flag {
	PLAN_HOLD = 1 << 0,	   /* keep the job's mounts after its end until a release command */
	PLAN_FOREIGN_IDS = 1 << 1, /* started by real root: the launcher maps host_uid/host_gid */
	PLAN_STRICT = 1 << 2,	   /* no namespace may have been made before this message */
	PLAN_SUB_IDS = 1 << 3,	   /* subordinate ids are mapped next to host_uid/host_gid */
	PLAN_APART = 1 << 4,	   /* a source may never answer: the launcher opens none itself */
};

struct plan_header {
	uint64_t magic;
	uint32_t version;
	uint32_t size; /* of the whole plan */
	uint32_t flags;
	uint32_t step_count;
	uint32_t step_offset;
	uint32_t text_offset; /* NUL-terminated words; the first byte is NUL */
	uint32_t text_size;
	uint32_t blob_offset;
	uint32_t blob_size;
	uint32_t extra_fds;
	uint64_t namespaces; /* CLONE_NEW* of pid 1 */
	uint64_t wall_ns;    /* from execve; 0: none */
	uint64_t setup_ns;   /* from receipt to execve */
	uint32_t host_uid;
	uint32_t host_gid;
};

/* One byte, or as many as are said, from the host on the job's channel, and from the launcher on to pid 1. */
enum command {
	COMMAND_KILL = 'k',
	COMMAND_RELEASE = 'r',
	COMMAND_CONTINUE = 'c', /* the host has done its part: the answer to REPORT_BARRIER, and to nothing else */
	COMMAND_CONTINUE_WITHOUT = 'w', /* the same, but part of it could not be had, and the step counts as one that was skipped; only for a barrier
					   with STEP_FLAG_OPTIONAL */
	COMMAND_SOCKETS = '4', /* once the job has started: REPORT_SOCKETS, with sockets of AF_INET */
	COMMAND_SOCKETS6 = '6', /* the same of AF_INET6 */
	COMMAND_ENTER = 'e', /* then a number from 1 on that no other has; carries the descriptors of a job message, that of the channel unused */
	COMMAND_ENTERED_SIGNAL = 's', /* then the number of one that has entered, and a signal for it */
	COMMAND_SIGNAL = 0x80, /* | number: to the first process of the job, once it has executed */
};

enum report_kind {
	REPORT_FAILED = 1, /* set-up failed at `step` with `error`; the job never ran */
	REPORT_STARTED,	   /* execve succeeded; carries descriptors, see enum started_fd */
	REPORT_VIOLATION,  /* the policy's kill; the tree is being killed */
	REPORT_DEADLINE,   /* the launcher ended the job: step is an enum deadline, pid is pid 1, detail the step it is at */
	REPORT_ENDED,	   /* the tree is dead and reaped */
	REPORT_GONE,	   /* pid 1 is reaped, nothing of the job is left; always the last record */
	REPORT_ENDING,	   /* the job is over, and a process of it does not die at once */
	REPORT_BARRIER,	   /* pid 1 waits at `step`, a barrier; pid is its own; carries descriptors, see enum barrier_fd */
	REPORT_SOCKETS,	   /* the answer to COMMAND_SOCKETS: detail is the family, a bit of `fd_mask` stands for each socket, of which there may
			      be fewer than SOCKETS_AT_ONCE, or none, for `error` */
	REPORT_ENTERED,	   /* a process enters: `detail` is its number; carries the master of its terminal, STARTED_TERMINAL, if it has one */
	REPORT_LEFT,	   /* it has ended with `status`, or was not let in, confined or executed: `error` at `step` of its plan; `call`: enum exec_detail */
};

/* New TCP sockets of the job's network namespace, for the host to connect to a port of the job. */
#define SOCKETS_AT_ONCE 16

/* What the filter was asked to tell of calls that send signals (witness.c). */
#define SENT_XFSZ (1u << 0)

enum deadline { DEADLINE_WALL = 1, DEADLINE_SETUP, DEADLINE_TEARDOWN, DEADLINE_ABANDONED };

/* Descriptors of REPORT_STARTED, in order; a bit of `fd_mask` says which are there. */
enum started_fd {
	STARTED_ROOT,
	STARTED_PROC,
	STARTED_CLOCK,
	STARTED_SCRATCH,
	STARTED_SYSVSHM,
	STARTED_SOCKETS,
	STARTED_TERMINAL, /* the master */
	STARTED_PORTS,	  /* one for each STEP_LISTEN */
	STARTED_TMPFS = STARTED_PORTS + 4
};
#define STARTED_PORTS_MAX (STARTED_TMPFS - STARTED_PORTS)
#define STARTED_TMPFS_MAX 16 /* fd_mask has 32 bits */

/* Descriptors of REPORT_BARRIER, in order; a bit of `fd_mask` says which are there. */
enum barrier_fd {
	BARRIER_NETWORK, /* pid 1's network namespace (setns(2)); not there if the job has the host's */
	/* with STEP_JOIN_NETWORK, made by who had the capabilities for it (netlink(7)): */
	BARRIER_SWITCH, /* a socket of rtnetlink(7) in the holder's network namespace */
	BARRIER_ROUTES, /* the same in the job's */
	BARRIER_FILTER, /* of netfilter, in the job's; not there on a kernel without */
	BARRIER_IPC,	/* pid 1's IPC namespace, where the step wants it */
	BARRIER_COUNT
};

/* Why execve could not succeed, found before it was tried (REPORT_FAILED at STEP_EXEC). */
enum exec_detail {
	EXEC_PLAIN,
	EXEC_NOT_FOUND,
	EXEC_MISSING_INTERPRETER, /* of a #! script */
	EXEC_MISSING_LOADER,	  /* PT_INTERP of an ELF program */
	EXEC_WRONG_FORMAT,
	EXEC_DATA_TOO_LARGE, /* writable segments exceed RLIMIT_DATA */
	EXEC_FOREIGN_MACHINE,
	EXEC_WORKING_DIRECTORY,
	EXEC_SPACE_TOO_SMALL, /* program, loader and first stack exceed RLIMIT_AS */
	EXEC_CARRIAGE_RETURN, /* the first line of a #! script ends as lines do on Windows */
};

enum stamp {
	STAMP_RECEIVED,
	STAMP_CLONED, /* in pid 1, first instruction */
	STAMP_PHASE0, /* + enum phase: that phase began */
	STAMP_STARTED = STAMP_PHASE0 + PHASE_COUNT,
	STAMP_COUNT
};

#define NAMESPACE_COUNT 8 /* user mnt pid net ipc uts cgroup time; the last one 0 where the kernel has none */

struct report {
	uint32_t kind;
	int32_t step; /* index into the plan, or -1 */
	int32_t error;
	uint32_t detail;
	uint64_t ns; /* CLOCK_MONOTONIC at sending */
	uint64_t stamps[STAMP_COUNT];
	/* REPORT_STARTED: read back in the payload after the last change of its credentials */
	uint64_t namespaces[NAMESPACE_COUNT];
	uint64_t capabilities; /* union of the five sets */
	uint32_t no_new_privs;
	uint32_t securebits;
	uint32_t landlock_abi;
	uint32_t fd_mask;
	uint32_t skipped
		[PLAN_MAX_SKIPPED / 32]; /* bit per optional step that was skipped, by its number among the optional ones */
	/* REPORT_ENDED, REPORT_GONE */
	int32_t status;	 /* wait status of the first process (of pid 1 in REPORT_GONE) */
	uint32_t killed; /* pid 1 was told to kill */
	uint64_t user_us;
	uint64_t system_us;
	uint64_t setup_user_us; /* of these, before execve */
	uint64_t setup_system_us;
	uint64_t max_rss_kib;
	uint64_t wall_ns; /* execve to the end of the first process */
	uint64_t reaped;
	uint64_t forced_switches; /* of all that was reaped: involuntary context switches */
	/* REPORT_ENDED: of the first process alone, as it was when it ended by itself; 0 if it did not */
	uint64_t own_cpu_ns; /* on the clock that RLIMIT_CPU is held against */
	uint64_t own_file_size; /* RLIMIT_FSIZE, which it may have lowered */
	uint64_t sent; /* SENT_*: signals of that kind were sent to it by its own job */
	/* REPORT_VIOLATION */
	uint32_t call;
	uint32_t arch; /* AUDIT_ARCH_* */
	int32_t pid;   /* REPORT_STARTED, REPORT_BARRIER: of pid 1, as the launcher and the host see it */
	/* REPORT_STARTED */
	uint32_t shared_inodes; /* steps with STEP_FLAG_OWN_INODES that had to be plain binds */
	uint64_t placed_bytes; /* in the writable file systems just before the payload: none of it is the job's */
	/* REPORT_ENDED */
	uint64_t lookups; /* names that the job asked for and was told not to be there */
	uint64_t voluntary_switches; /* of all that was reaped: context switches for which it waited of itself */
};

_Static_assert(sizeof(struct plan_step) == 56, "PlanWriter.cs writes 56 bytes");
_Static_assert(sizeof(struct plan_header) == 80, "PlanWriter.cs writes 80 bytes");
_Static_assert(offsetof(struct report, stamps) == 24, "ReportRecord.cs reads at 24");

/* A plan mapped read-only and checked: every offset in it is in bounds. */
struct plan {
	const struct plan_header *header;
	const struct plan_step *steps;
	const char *text;
	const unsigned char *blob;
};

/* Checks bytes of any origin. 0, or -1 with errno: EPROTO for wrong magic or version, EINVAL for the rest. */
int plan_check(const void *bytes, size_t size, struct plan *plan);

/* The same of some steps at the beginning of a plan, of which no job can be made. */
int plan_check_beginning(const void *bytes, size_t size, struct plan *plan);

/* Maps and checks a sealed memfd; EPERM when it could still change under us. */
int plan_map(int fd, struct plan *plan);
void plan_unmap(const struct plan *plan);

/* The first step of a kind; NULL if there is none, which cannot be of an indispensable one. */
const struct plan_step *plan_find(const struct plan *plan, unsigned kind);

static inline const char *plan_text(const struct plan *plan, uint32_t offset)
{
	return plan->text + offset;
}

#endif
