/*
 * What the runtime writes to in every run: each place that calls through an interface finds its target once, and keeps it beside hundreds of others. Those are pages of the
 * program file, first read and then copied one by one, each copy a fault and a message to the other processors, which know the page; together and before anybody has read
 * them one costs half a fault and no message. Where they are is known once the program is linked: warm.sh writes it here. Without it nothing is done, and nothing is lost.
 */
#include "warm.h"
#include "bare.h"

#define POPULATE_WRITE 23 /* madvise(2), MADV_POPULATE_WRITE, Linux 5.14 */

/* From one to before the other; of this program's own data, which stays where it was linked (build.sh). */
extern const volatile unsigned long sandbox_warm[2];
const volatile unsigned long sandbox_warm[2] = { 0, 0 };

void warm_pages(void)
{
	if (sandbox_warm[0] < sandbox_warm[1])
		CALL(madvise, sandbox_warm[0], sandbox_warm[1] - sandbox_warm[0], POPULATE_WRITE);
}
