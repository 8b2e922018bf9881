/*
 * What the three processes of one job share: the launcher (L) fills it, pid 1 (I) and the payload
 * (P) inherit it by fork. No string and no pointer of it ever comes from a job.
 */
#ifndef SANDBOX_JOB_H
#define SANDBOX_JOB_H

#include "lookups.h"
#include "plan.h"
#include "sys.h"

#include <sys/resource.h>
#include <sys/types.h>

#define OWN_DEVICES_MAX 64
#define TMPFS_FDS_MAX 16
#define VIEWS_MAX 32
#define UPPERS_MAX 16
#define PARENTS_MAX 8
/* The job may set RLIMIT_NOFILE as low as it likes: our own descriptors stay out of its way. */
#define FIRST_OWN_FD 16

/*
 * One page shared by L, I and P, so that a report needs no system call which the job's policy may
 * refuse: P writes step and errno here and dies, I reads them after its vfork returns.
 */
struct job_page {
	uint64_t stamps[STAMP_COUNT];
	int32_t step;
	int32_t error;
	uint32_t detail;
	int32_t listener; /* seccomp notification descriptor, valid in I: the descriptor table is shared until execve */
	int32_t clock; /* perf task clock, likewise */
	uint32_t landlock_abi;
	uint32_t no_new_privs;
	uint32_t securebits;
	uint64_t capabilities;
	uint64_t namespaces[NAMESPACE_COUNT];
	uint64_t setup_user_us;
	uint64_t setup_system_us;
	uint32_t skipped[8];
	uint32_t shared_inodes;
	int32_t init_pid; /* of I, outside of its namespace: the kernel writes it here (CLONE_PARENT_SETTID, clone(2)) */
	uint64_t placed_bytes;
	uint32_t doing; /* step: where it is if it does not come on */
};

struct job {
	struct plan plan;
	struct job_page *page;
	int channel;  /* to the host: I and L write, only L reads */
	int lifeline; /* L and I hold one end each */
	int stdio[3];
	int extra[PLAN_MAX_FDS];
	int tree[PLAN_MAX_STEPS]; /* bind sources opened ahead as real root, else -1 */

	/* state of I while it builds the root; zero until then */
	char begin_state[0];
	int mapped;	/* a spare has done STEP_IDENTITY ahead */
	uint32_t done;	/* steps */
	unsigned phase; /* of the last of them */
	int root;
	int scratch;
	int upper_folder; /* on a disk, for the upper sides of writable overlays; -1: they are in the scratch */
	int proc;    /* a full procfs of the job's pid namespace, whatever the job gets to see */
	int sysctls; /* /proc/sys of it, writable */
	int pts;     /* the devpts instance */
	int null;    /* the job's own /dev/null, for reading */
	dev_t own
		[OWN_DEVICES_MAX]; /* file systems made for this job: mount points may be created only here */
	int own_count;
	int tmpfs[TMPFS_FDS_MAX];
	int tmpfs_count;
	int overlays;
	int lowers; /* opened ahead */
	int layers[PLAN_MAX_LAYERS]; /* of the root, topmost first; closed once it is mounted */
	int layer_count;
	int layered; /* the root is an overlay, on top of its tmpfs */
	int root_writable;
	int uppers[UPPERS_MAX]; /* locked folders of the user, which keep the upper sides of overlays */
	int upper_count;
	struct view {
		const char *path; /* a prefix of a word of the plan */
		size_t length;
		int folder; /* of the store, opened ahead as real root; else -1 */
		int made;
		int mount;  /* -1: this one cannot be had */
		int shared; /* it is no overlay, and shows the host's inodes */
	} views[VIEWS_MAX];
	int view_count;
	struct parent {
		const char *path; /* of a word of the plan; NULL: none */
		size_t length;
		int fd;
		int own;	/* it may be changed */
	} parents[PARENTS_MAX]; /* of the last targets */
	unsigned oldest_parent;
	int folders;
	int hidden_files;
	int optional_steps;
	int stored_stdin; /* descriptor 0 is a file of the store */
	int cgroup; /* what the payload is cloned into, or -1 */
	int cgroup_procs[PLAN_MAX_CGROUPS];
	int cgroup_procs_count;
	struct terminal {
		int master;
		int slave;
	} terminal; /* -1: the job has none */

	struct lookups lookups;

	/* state of P */
	struct rlimit late[RLIM_NLIMITS]; /* limits that the remaining steps would not fit in, set last */
	uint32_t late_set;		  /* a bit for each of them that is asked for */
	int landlock;			  /* ruleset under construction */
	uint64_t landlock_access;

	/* what writes the payload's map of several ids; 0 without */
	pid_t mapper_pid;
	int mapper;
};

/* I to L, after the end of the job: the host collects outputs, and no deadline counts any more. */
#define WORD_HOLDING 'h'

uint64_t now_ns(void);

/* report.c */
int report_send(int channel, const struct report *report, const int *fds, int fd_count);
void report_fill(struct report *report, uint32_t kind, const struct job_page *page);

/* message.c */
int message_receive(int socket_fd, int flags, int *fds);
int message_send(int socket_fd, const int *fds, int count);
int message_send_word(int socket_fd, int32_t word, int fd);
int message_receive_word(int socket_fd, int32_t *word, int *fd);

/* spawn.c */
void job_reset(struct job *job);
int job_take(struct job *job, const int *fds, int count);
struct job_page *page_new(void);
void close_strangers(const struct job *job);
pid_t spawn_init(struct job *job, int *pidfd);
pid_t spawn_apart(struct job *job, int *pidfd);

/* spare.c: a pid 1 that is there before its job */
struct spare {
	pid_t pid; /* 0: none */
	int pidfd;
	int lifeline;
	int hopeless;	   /* could not be made once; jobs get their own and say why */
	uint32_t foreseen; /* steps of the last plan that it has done */
	uint64_t born;
	struct plan last;  /* the plan of the last job, whose likes may follow */
	uint32_t distrust; /* jobs to come before the last plan is taken for the next one again */
	struct job_page *page;
};
void spare_renew(struct spare *spare, struct job *job);
int spare_fits(struct spare *spare, const struct job *job);
pid_t spare_use(struct spare *spare, struct job *job, const int *fds, int count, int *pidfd);
/* A spare that has failed and has nobody yet to tell. */
void spare_await_channel(struct job *job);
void spare_learn(struct spare *spare, const struct plan *plan);

/* init.c: never return */
__attribute__((noreturn)) void init_main(struct job *job);
/* Reports errno as the failure of a step. */
__attribute__((noreturn)) void init_fail_at(struct job *job, uint32_t step);
/* Builds what can be foreseen of job->plan. */
void init_foresee(struct job *job);
int step_is_foreseeable(const struct plan_step *step);
/* supervise.c: from execve to the last process of the job, and on to the release of its mounts */
void supervise(struct job *job, pid_t payload, int children);

/* witness.c: whether the filter let us know of a call that goes on all the same; notes it in sent */
struct seccomp_notif;
int witness(struct job *job, const struct seccomp_notif *call, pid_t payload, uint64_t *sent);

/* payload.c: never returns */
__attribute__((noreturn)) void payload_main(struct job *job, uint32_t first_step);

/* Runs one step in the process that owns its phase; 0, or -1 with errno. */
int step_run(struct job *job, const struct plan_step *step);
void step_skip(struct job *job);

/* steps_mounts.c */
int step_root(struct job *job, const struct plan_step *step);
int step_scratch(struct job *job, const struct plan_step *step);
int mounts_begin(struct job *job);
int step_bind(struct job *job, const struct plan_step *step);
int step_folder(struct job *job, const struct plan_step *step);
int step_tmpfs(struct job *job, const struct plan_step *step);
int step_symlink(struct job *job, const struct plan_step *step);
int step_pivot(struct job *job, const struct plan_step *step);
int step_seal_root(struct job *job, const struct plan_step *step);
int bind_open(const char *source, uint32_t flags);
int bind_source(struct job *job, const struct plan_step *step);
int bind_restrict(int tree, uint32_t flags);
uint64_t mount_attributes(uint32_t flags);

/* steps_overlay.c */
int step_overlay(struct job *job, const struct plan_step *step);
int step_layer(struct job *job, const struct plan_step *step);
int step_layered_root(struct job *job, const struct plan_step *step);
int step_uppers(struct job *job, const struct plan_step *step);
int overlay_set(int fs, const char *key, int folder);

/* keeper.c: looks after upper sides on a disk */
int keeper_start(const struct job *job);
const struct plan_step *keeper_step(const struct plan *plan);
struct upper_report {
	uint64_t bytes;
	uint64_t inodes;
	uint64_t grown;	    /* by how much the whole file system has filled since the first look */
	uint64_t available; /* that it has left */
};

/* view.c: a host folder with inodes of the job's own */
int view_open(struct job *job, const struct plan_step *step);
int view_open_folder(struct job *job, const struct plan_step *step);

/* upper.c: what an overlay's upper side holds before it is mounted */
int upper_prepare(const struct job *job, const struct plan_step *overlay, int lower, int upper);
int upper_make_folders(const struct job *job, const struct plan_step *overlay, const int *layers, int count, int upper);

/* steps_system.c */
int step_devices(struct job *job, const struct plan_step *step);
int step_proc(struct job *job, const struct plan_step *step);
int step_mask(struct job *job, const struct plan_step *step);
int step_hostname(struct job *job, const struct plan_step *step);
int step_loopback(struct job *job, const struct plan_step *step);
int step_sysctl(struct job *job, const struct plan_step *step);

/* steps_files.c */
int step_pin(struct job *job, const struct plan_step *step);
int step_file(struct job *job, const struct plan_step *step);
int step_directory(struct job *job, const struct plan_step *step);
int step_bind_file(struct job *job, const struct plan_step *step);
int step_stdin(struct job *job, const struct plan_step *step);

/* barrier.c: waits for the host */
int step_barrier(struct job *job, const struct plan_step *step);

/* target.c: paths below the new root, no component of which may be a symbolic link */
int target_find(const struct job *job, const char *path);
int target_exists(const struct job *job, const char *path);
int target_attach(struct job *job, int tree, const char *path, mode_t type);
struct parent *target_parent(struct job *job, const char *path, const char **name);
int target_folder(struct job *job, const char *path);
int target_mount(struct job *job, int tree, const struct parent *parent, const char *name, const char *path);
int target_cover(struct job *job, int tree, const char *path, int target);
int target_is_own(const struct job *job, int fd);
int target_claim(struct job *job, int fd);

/* steps_identity.c */
int step_identity(struct job *job, const struct plan_step *step);
int identity_map_foreign(const struct job *job, pid_t pid);
int identity_map_self(uint32_t uid, uint32_t gid);
int write_file(int dir, const char *path, const char *text);
int write_maps(int process, uint32_t inside_uid, uint32_t uid, uint32_t inside_gid, uint32_t gid);

/* ranges.c */
int ranges_map_outer(const struct job *job, pid_t pid, int answer);
void ranges_own_layers(const struct job *job, pid_t pid);
int ranges_start_mapper(struct job *job);
void ranges_end_mapper(struct job *job);
int ranges_await_inner(const struct job *job);
int ranges_map(const struct job *job, pid_t pid);
int ranges_give(const struct job *job, int folder, const char *name);

/* steps_cgroup.c */
int cgroup_keep(struct job *job, const struct plan_step *step);
void cgroup_let_go(struct job *job);
int step_cgroup(struct job *job, const struct plan_step *step);
int step_affinity(struct job *job, const struct plan_step *step);

/* steps_privileges.c */
int step_session(struct job *job, const struct plan_step *step);
int step_inner_userns(struct job *job, const struct plan_step *step);
int step_lock_privilege(struct job *job, const struct plan_step *step);
int step_credentials(struct job *job, const struct plan_step *step);
int step_rlimit(struct job *job, const struct plan_step *step);
int limits_set_late(const struct job *job);
int step_drop_capabilities(struct job *job, const struct plan_step *step);
int step_no_new_privs(struct job *job, const struct plan_step *step);
int step_cpu_clock(struct job *job, const struct plan_step *step);
int capabilities_set(uint64_t effective);

/* steps_confine.c */
int step_working_folder(struct job *job, const struct plan_step *step);
int step_landlock_writable(struct job *job, const struct plan_step *step);
int step_landlock(struct job *job, const struct plan_step *step);
int step_seccomp(struct job *job, const struct plan_step *step);

/* terminal.c */
int terminal_open(struct job *job, const struct plan_step *session);
int terminal_control(const struct plan_step *session);

/* streams.c: descriptors 0 to 2 */
int streams_own(struct job *job);

/* readback.c */
int readback(struct job *job);

/* steps_exec.c */
int exec_prepare(struct job *job, const struct plan_step *step);
int step_exec(struct job *job, const struct plan_step *step);

#endif
