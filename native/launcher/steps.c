/*
 * Which function carries out which step. Those up to PHASE_HOST build the root in pid 1, the others confine the payload;
 * a plan whose step has another phase than its kind is refused (plan.c).
 */
#include "steps.h"

#include "barrier.h"
#include "steps_cgroup.h"
#include "steps_clocks.h"
#include "steps_confine.h"
#include "steps_exec.h"
#include "steps_files.h"
#include "steps_identity.h"
#include "steps_mounts.h"
#include "steps_network.h"
#include "steps_overlay.h"
#include "steps_privileges.h"
#include "steps_system.h"

#include <errno.h>

static int (*const building[STEP_KIND_COUNT])(struct root *, const struct plan_step *) = {
	[STEP_IDENTITY] = step_identity,   [STEP_ROOT] = step_root,
	[STEP_SCRATCH] = step_scratch,	   [STEP_UPPERS] = step_uppers,
	[STEP_BIND] = step_bind,	   [STEP_DIRECTORY] = step_directory,
	[STEP_TMPFS] = step_tmpfs,	   [STEP_OVERLAY] = step_overlay,
	[STEP_LAYER] = step_layer,	   [STEP_LAYERED_ROOT] = step_layered_root,
	[STEP_MAKE_DIRECTORY] = step_make_directory, [STEP_SYMLINK] = step_symlink,
	[STEP_DEVICES] = step_devices,	   [STEP_PROC] = step_proc,
	[STEP_SYSFS] = step_sysfs,
	[STEP_MASK] = step_mask,	   [STEP_PIN] = step_pin,
	[STEP_KEEP_WRITABLE] = step_keep_writable,
	[STEP_FILE] = step_file,	   [STEP_BIND_FILE] = step_bind_file,
	[STEP_STDIN] = step_stdin,	   [STEP_BARRIER] = step_barrier,
	[STEP_PIVOT] = step_pivot,	   [STEP_SEAL_ROOT] = step_seal_root,
	[STEP_HOSTNAME] = step_hostname,   [STEP_CLOCKS] = step_clocks,
	[STEP_LOOPBACK] = step_loopback,
	[STEP_LOOKUPS] = step_lookups,	   [STEP_NETLINK] = step_netlink,
	[STEP_LISTEN] = step_listen,	   [STEP_SYSCTL] = step_sysctl,
	[STEP_COMMON_SYSCTL] = step_sysctl,
	[STEP_JOIN_NETWORK] = step_join_network,
};

static int (*const confining[STEP_KIND_COUNT])(struct payload *, const struct plan_step *) = {
	[STEP_CGROUP] = step_cgroup,
	[STEP_SESSION] = step_session,
	[STEP_INNER_USERNS] = step_inner_userns,
	[STEP_LOCK_PRIVILEGE] = step_lock_privilege,
	[STEP_CREDENTIALS] = step_credentials,
	[STEP_RLIMIT] = step_rlimit,
	[STEP_AFFINITY] = step_affinity,
	[STEP_DROP_CAPABILITIES] = step_drop_capabilities,
	[STEP_NO_NEW_PRIVS] = step_no_new_privs,
	[STEP_CPU_CLOCK] = step_cpu_clock,
	[STEP_WORKING_DIRECTORY] = step_working_directory,
	[STEP_OPEN] = step_open,
	[STEP_LANDLOCK_WRITABLE] = step_landlock_writable,
	[STEP_LANDLOCK] = step_landlock,
	[STEP_SECCOMP] = step_seccomp,
	[STEP_EXEC] = step_exec,
};

int step_build(struct root *root, const struct plan_step *step)
{
	if (step->flags & STEP_FLAG_OPTIONAL)
		root->optional_steps++;
	errno = 0;
	return building[step->kind](root, step);
}

int step_confine(struct payload *payload, const struct plan_step *step)
{
	errno = 0;
	return confining[step->kind](payload, step);
}

/*
 * What a pre-forked init may build before it knows its job: the host's own directories, and what is the same in
 * every job. Nothing that a user named, whose meaning may change until the job comes, and no
 * byte of any file but those that we generate.
 */
int step_is_speculative(const struct plan_step *step)
{
	switch (step->kind) {
	case STEP_IDENTITY:
	case STEP_ROOT:
	case STEP_SCRATCH:
	case STEP_SYMLINK:
	case STEP_DEVICES:
	case STEP_PROC:
	case STEP_MASK:
	case STEP_DIRECTORY:
	case STEP_TMPFS:
	case STEP_COMMON_SYSCTL:
		return 1;
	default:
		return (step->kind == STEP_BIND || (step->kind == STEP_FILE && step->fd < 0)) && (step->flags & STEP_FLAG_OF_SYSTEM);
	}
}
