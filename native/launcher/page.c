#include "page.h"

#include "clock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct job_page *page_new(void)
{
	struct job_page *page =
		mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		abort(); /* no memory for one page: nothing can be reported either, and the host sees our end */
	page_clear(page);
	return page;
}

void page_clear(struct job_page *page)
{
	memset(page, 0, sizeof *page);
	page->stamps[STAMP_RECEIVED] = now_ns();
	page->step = -1;
	page->listener = -1;
	page->clock = -1;
}

/* Of every job that runs or waits: more cannot be (JOBS_MAX, PREFORKED_MAX, ORIGINALS_MAX). */
static struct job_page *kept[PAGES_MAX];

static struct job_page **find(const struct job_page *page)
{
	for (int i = 0; i < PAGES_MAX; i++)
		if (kept[i] == page)
			return &kept[i];
	return NULL;
}

void page_keep(struct job_page *page)
{
	struct job_page **place = find(page) ? find(page) : find(NULL);

	if (!place)
		abort();
	*place = page;
}

void page_drop(struct job_page *page)
{
	struct job_page **place = find(page);

	if (place)
		*place = NULL;
	munmap(page, sizeof *page);
}

void page_give_up_others(const struct job_page *own)
{
	for (int i = 0; i < PAGES_MAX; i++)
		if (kept[i] && kept[i] != own)
			munmap(kept[i], sizeof *kept[i]);
}
