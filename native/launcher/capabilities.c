/*
 * The five sets of capabilities of the calling process: pid 1 keeps one or two for a while, the payload what it was granted.
 */
#include "capabilities.h"

#include "sys.h"

#include <linux/capability.h>
#include <sys/prctl.h>

static int set_all(uint64_t effective, uint64_t inheritable)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2];

	for (int i = 0; i < 2; i++)
		sets[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(effective >> (32 * i)),
			.permitted = (uint32_t)(effective >> (32 * i)),
			.inheritable = (uint32_t)(inheritable >> (32 * i)),
		};
	return (int)syscall(SYS_capset, &header, sets);
}

int capabilities_set(uint64_t effective)
{
	return set_all(effective, 0);
}

/* Ambient, because nothing else passes execve without uid 0's privilege or that of a file (capabilities(7)). */
int capabilities_grant(uint64_t granted)
{
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 || set_all(granted, granted) < 0)
		return -1;
	for (unsigned long capability = 0; capability <= LAST_POSSIBLE_CAPABILITY; capability++)
		if ((granted >> capability & 1) &&
		    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
			return -1;
	return 0;
}

int capabilities_bound(uint64_t granted)
{
	for (unsigned long capability = 0; capability <= LAST_POSSIBLE_CAPABILITY; capability++)
		if (!(granted >> capability & 1) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
			return errno == EINVAL ? 0 : -1; /* EINVAL: beyond this kernel's last capability */
	return 0;
}

/* The ambient set needs no look: it is a part of the permitted and inheritable ones (capabilities(7)). */
int capabilities_left(uint64_t *left)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2];

	if (syscall(SYS_capget, &header, sets) < 0)
		return -1;
	*left = 0;
	for (int i = 0; i < 2; i++)
		*left |= (uint64_t)(sets[i].effective | sets[i].permitted | sets[i].inheritable) << (32 * i);
	for (unsigned long capability = 0; capability <= LAST_POSSIBLE_CAPABILITY; capability++) {
		int bounding = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);

		if (bounding < 0)
			break;
		if (bounding)
			*left |= 1ull << capability;
	}
	return 0;
}
