#include "payload.h"

void payload_begin(struct payload *payload, const struct request *request)
{
	payload->request = request;
	payload->plan = &request->plan;
	payload->page = request->page;
	payload->proc = payload->cgroup = payload->landlock = payload->mapper.socket = -1;
}
