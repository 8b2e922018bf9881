/* Tries to get any capability back: by capset, by the ambient set, by a user id, by the securebits.
 */
#include <linux/capability.h>

#include "probe.h"

int main(void)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct all[2] = { { ~0u, ~0u, ~0u }, { ~0u, ~0u, ~0u } };

	if (syscall(SYS_capset, &header, all) == 0)
		escaped("capset");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN, 0, 0) == 0)
		escaped("ambient");
	if (setresuid(0, 0, 0) == 0 && getuid() != 0)
		escaped("setresuid");
	for (int capability = 0; capability <= CAP_LAST_CAP; capability++)
		if (prctl(PR_CAPBSET_READ, capability) == 1)
			escaped("capability %d is in the bounding set", capability);
	if (prctl(PR_SET_SECUREBITS, 0) == 0)
		escaped("securebits");
	puts("denied");
	return 0;
}
