#include "root.h"

void root_begin(struct root *root, struct request *request)
{
	root->request = request;
	root->plan = &request->plan;
	root->page = request->page;
	root->mount = root->scratch = root->upper_directory = root->proc = root->sysctls = root->pts =
		root->sockets = root->null = -1;
	root->lookups.port = -1;
}

void root_skip(struct root *root)
{
	unsigned number = (unsigned)root->optional_steps - 1;

	if (number < 8 * sizeof root->page->skipped)
		root->page->skipped[number / 32] |= 1u << (number % 32);
}
