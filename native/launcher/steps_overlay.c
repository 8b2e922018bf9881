/*
 * Overlays: a host directory that a job may change without changing it, and layers that become the root.
 * The upper side, which takes the changes, is in the scratch tmpfs, or in a directory that the user named.
 */
#include "steps_overlay.h"

#include "bind.h"
#include "sys.h"
#include "target.h"
#include "upper.h"

#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define OPTIONS_BYTES 4096

struct sides {
	int directory; /* that holds both */
	int upper;
	int work;
};

static void sides_close(const struct sides *sides)
{
	close_fd(&sides->upper);
	close_fd(&sides->work);
	close_fd(&sides->directory);
}
#define autosides __attribute__((cleanup(sides_close)))

/* Directories are named by descriptor: overlayfs splits its options at ':' and ',', which paths may hold. */
static int set_directory(int fs, const char *key, int directory)
{
	char path[40];

	snprintf(path, sizeof path, "/proc/self/fd/%d", directory);
	return sys_fsconfig(fs, FSCONFIG_SET_STRING, key, path, 0);
}

static int enter(int directory, const char *name)
{
	if (mkdirat(directory, name, 0755) < 0 && errno != EEXIST)
		return -1;
	return openat(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static int sides_enter(struct sides *sides)
{
	sides->upper = sides->directory < 0 ? -1 : enter(sides->directory, "upper");
	sides->work = sides->upper < 0 ? -1 : enter(sides->directory, "work");
	return sides->work < 0 ? -1 : 0;
}

/*
 * Numbered by the overlays of the plan, so that the host knows which is which. One that is sealed before the job starts
 * needs nothing that tmpfs lacks.
 */
static int sides_of_job(struct root *root, struct sides *sides, uint32_t flags)
{
	const int on_disk = root->upper_directory >= 0 && !(flags & STEP_FLAG_READ_ONLY);
	const int directory = on_disk ? root->upper_directory : root->scratch;
	char name[24];

	snprintf(name, sizeof name, "overlay%d", root->overlays++);
	if (mkdirat(directory, name, 0700) < 0)
		return -1;
	sides->directory = openat(directory, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return sides_enter(sides);
}

/*
 * What earlier jobs left is below `upper`, never beside it: neither name can be theirs. Two overlays on
 * one upper side would spoil it (overlayfs, "Sharing and copying layers"), so pid 1 locks the directory
 * for as long as the job lives. The host has followed the links on the way that no job can have made;
 * there are none left that may be followed.
 */
static int sides_of_user(struct root *root, struct sides *sides, const char *path)
{
	int *kept = &root->uppers[root->upper_count];
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};

	root->overlays++;
	if (root->upper_count == UPPERS_MAX) {
		errno = E2BIG;
		return -1;
	}
	sides->directory = sys_openat2(AT_FDCWD, path, &how);
	if (sides->directory < 0)
		return -1;
	if (flock(sides->directory, LOCK_EX | LOCK_NB) < 0) {
		errno = errno == EWOULDBLOCK ? EBUSY : errno;
		return -1;
	}
	*kept = fcntl(sides->directory, F_DUPFD_CLOEXEC, FIRST_OWN_FD);
	if (*kept < 0)
		return -1;
	root->upper_count++;
	return sides_enter(sides);
}

static int overlay_new(struct root *root, const struct plan_step *step, int lower, const struct sides *sides)
{
	autoclose int fs = sys_fsopen("overlay");

	if (fs < 0 || upper_prepare(root->request, step, lower, sides->upper) < 0 ||
	    upper_make_directories(root->request, step, &lower, 1, sides->upper) < 0 || set_directory(fs, "lowerdir", lower) < 0 || set_directory(fs, "upperdir", sides->upper) < 0 ||
	    set_directory(fs, "workdir", sides->work) < 0 ||
	    /* trusted.* attributes are refused in a user namespace (overlayfs, "User xattr") */
	    sys_fsconfig(fs, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	/* Read-only only takes effect in step_seal_root: mount points have yet to be made in it. */
	return sys_fsmount(fs, (unsigned)mount_attributes(step->flags & ~(uint32_t)STEP_FLAG_READ_ONLY));
}

/*
 * As real root the launcher has opened a path that our own id may not reach. A lower side has to be
 * mounted in this namespace (clone_private_mount, fs/namespace.c): below the scratch, with which it leaves.
 */
static int attach_ahead(struct root *root, int tree)
{
	char name[24];

	snprintf(name, sizeof name, "lower%d", root->lowers++);
	if (mkdirat(root->scratch, name, 0700) < 0 ||
	    sys_move_mount(tree, "", root->scratch, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -1;
	return openat(root->scratch, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int open_lower(struct root *root, const struct plan_step *step)
{
	int *ahead = &root->request->tree[step - root->plan->steps];
	autoclose int tree = *ahead;
	int lower;

	*ahead = -1;
	lower = tree >= 0 ? attach_ahead(root, tree)
			  : open(plan_text(root->plan, step->a), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (lower >= 0 && step->kind == STEP_LAYER && bind_compare(step, lower) < 0) {
		close_fd(&lower);
		return -1;
	}
	return lower;
}

/*
 * Where tmpfs has no user.* attributes (Linux before 6.6) overlayfs cannot mark a directory as opaque: a new one cannot be
 * renamed (EXDEV), and none can be made or emptied where the lower side has something (EIO; fs/overlayfs/dir.c). The host has
 * made this directory, which nobody else can reach, and holds it open: what the path leads to now has to be that.
 */
int step_uppers(struct root *root, const struct plan_step *step)
{
	autoclose int held = root->request->extra[step->fd];
	int *ahead = &root->request->tree[step - root->plan->steps];
	autoclose int tree = *ahead;
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	struct stat wanted, found;

	/* the keeper is heard to end when nobody else holds its socket */
	close_fd(&root->request->extra[step->fd + 1]);
	root->request->extra[step->fd] = root->request->extra[step->fd + 1] = *ahead = -1;
	root->upper_directory = tree >= 0 ? attach_ahead(root, tree)
				      : sys_openat2(AT_FDCWD, plan_text(root->plan, step->a), &how);
	if (root->upper_directory < 0 || fstat(held, &wanted) < 0 || fstat(root->upper_directory, &found) < 0)
		return -1;
	errno = ESTALE;
	return wanted.st_dev == found.st_dev && wanted.st_ino == found.st_ino ? 0 : -1;
}

int step_overlay(struct root *root, const struct plan_step *step)
{
	const char *source = plan_text(root->plan, step->a);
	autosides struct sides sides = { -1, -1, -1 };
	autoclose int lower = open_lower(root, step);

	if (lower < 0)
		return -1;
	if (step->value[0] == 2 ? sides_of_user(root, &sides, source + strlen(source) + 1) < 0
				: sides_of_job(root, &sides, step->flags) < 0)
		return -1;
	autoclose int tree = overlay_new(root, step, lower, &sides);

	if (tree < 0 || target_claim(root, tree) < 0)
		return -1;
	return target_attach(root, tree, plan_text(root->plan, step->b), S_IFDIR);
}

int step_layer(struct root *root, const struct plan_step *step)
{
	if (root->layer_count == PLAN_MAX_LAYERS) {
		errno = E2BIG;
		return -1;
	}
	root->layers[root->layer_count] = open_lower(root, step);
	return root->layers[root->layer_count] < 0 ? -1 : (root->layer_count++, 0);
}

/*
 * The layers, mounted at a directory `name` in `directory`. By mount(2), because one page of options holds
 * them all: fsconfig(2) takes 255 bytes a value, and layers one by one (lowerdir+) only since Linux 6.7.
 */
static int mount_layers(const struct root *root, int directory, const char *name, const char *rest)
{
	char options[OPTIONS_BYTES] = "userxattr,lowerdir=";
	size_t used = strlen(options);
	char target[64];

	for (int i = 0; i < root->layer_count && used < sizeof options; i++)
		used += (size_t)snprintf(options + used, sizeof options - used, "%s/proc/self/fd/%d",
					 i ? ":" : "", root->layers[i]);
	if (used < sizeof options)
		used += (size_t)snprintf(options + used, sizeof options - used, "%s", rest);
	if (used >= sizeof options) {
		errno = E2BIG;
		return -1;
	}
	snprintf(target, sizeof target, "/proc/self/fd/%d/%s", directory, name);
	if (mkdirat(directory, name, 0755) < 0 ||
	    mount("overlay", target, "overlay", MS_NOSUID | MS_NODEV, options) < 0)
		return -1;
	return sys_open_tree(directory, name, OPEN_TREE_CLOEXEC);
}

/*
 * What is in the lower side can be asked of one directory only: several layers are put together to look.
 * Without real root, layers are the caller's and so ours: everything can be made through the overlay.
 */
static int prepare_root(const struct root *root, const struct plan_step *step, const struct sides *sides)
{
	if (root->layer_count > 1 && !(root->plan->header->flags & PLAN_FOREIGN_IDS))
		return 0;
	if (root->layer_count == 1)
		return upper_prepare(root->request, step, root->layers[0], sides->upper);
	autoclose int lower = mount_layers(root, sides->directory, "lower", "");
	char path[64];

	if (lower < 0 || upper_prepare(root->request, step, lower, sides->upper) < 0)
		return -1;
	snprintf(path, sizeof path, "/proc/self/fd/%d/lower", sides->directory);
	return umount2(path, MNT_DETACH);
}

/* Takes the place of the root tmpfs before anything is mounted in it. */
int step_layered_root(struct root *root, const struct plan_step *step)
{
	autosides struct sides sides = { -1, -1, -1 };
	char rest[80];
	int tree = -1;

	if (root->layer_count == 0 || root->layered || root->scratch < 0) {
		errno = EINVAL;
		return -1;
	}
	if (sides_of_job(root, &sides, step->value[0] ? 0 : step->flags) < 0 || prepare_root(root, step, &sides) < 0 ||
	    upper_make_directories(root->request, step, root->layers, root->layer_count, sides.upper) < 0)
		return -1;
	snprintf(rest, sizeof rest, ",upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d", sides.upper,
		 sides.work);
	tree = mount_layers(root, sides.directory, "root", rest);
	if (tree < 0 || target_claim(root, tree) < 0 ||
	    sys_move_mount(tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0) {
		close_fd(&tree);
		return -1;
	}
	close_fd(&root->mount);
	root->mount = tree;
	root->layered = 1;
	root->writable = !(step->flags & STEP_FLAG_READ_ONLY);
	while (root->layer_count > 0)
		close(root->layers[--root->layer_count]);
	return 0;
}
