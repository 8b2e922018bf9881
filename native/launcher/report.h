/*
 * Records to the host.
 */
#ifndef SANDBOX_REPORT_H
#define SANDBOX_REPORT_H

#include "page.h"

/* Of the page, if there is one, a report has the stamps. */
void report_fill(struct report *report, uint32_t kind, const struct job_page *page);

int report_send(int channel, const struct report *report, const int *fds, int fd_count);

#endif
