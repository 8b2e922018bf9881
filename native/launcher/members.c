/*
 * Who is in a network of jobs. A member is a connection: whatever becomes of the host of a job, the kernel closes that, and its name
 * and address are free. Those who ask are the caller's own processes (peer.c), and no job.
 */
#include "members.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static struct member *with_address(struct members *members, uint32_t address)
{
	for (int i = 0; i < members->count; i++)
		if (members->of[i].address == address)
			return &members->of[i];
	return NULL;
}

static struct member *with_name(struct members *members, const char *name)
{
	for (int i = 0; i < members->count; i++)
		if (members->of[i].address && strcmp(members->of[i].name, name) == 0)
			return &members->of[i];
	return NULL;
}

static int is_in(const struct members *members, uint32_t address)
{
	return address >= members->subnet + NETWORK_FIRST && address <= members->subnet + NETWORK_LAST;
}

/* The lowest that is free; 0 if none is. */
static uint32_t choose(struct members *members)
{
	for (uint32_t address = members->subnet + NETWORK_FIRST; is_in(members, address); address++)
		if (!with_address(members, address))
			return address;
	return 0;
}

static int join(struct members *members, struct member *asker, const struct network_question *question)
{
	uint32_t address = question->address;

	if (asker->address)
		return EISCONN;
	if (question->name[0] && with_name(members, question->name))
		return EEXIST;
	if (address && !is_in(members, address))
		return EADDRNOTAVAIL;
	if (address && with_address(members, address))
		return EADDRINUSE;
	if (!address && (address = choose(members)) == 0)
		return ENOSPC;
	asker->address = address;
	asker->flags = question->flags & NETWORK_ISOLATED;
	memcpy(asker->name, question->name, sizeof asker->name);
	members->joined++;
	members->ever_joined = 1;
	return 0;
}

static struct member *with_number(struct members *members, uint32_t number)
{
	for (int i = 0; i < members->count; i++)
		if (members->of[i].address && number-- == 0)
			return &members->of[i];
	return NULL;
}

static int tell_of(const struct member *member, struct network_answer *answer)
{
	if (!member)
		return ENOENT;
	answer->address = member->address;
	answer->flags = member->flags;
	memcpy(answer->name, member->name, sizeof answer->name);
	return 0;
}

/* Whoever finds a name before its job can be reached loses a second, for TCP waits that long before it tries again. */
static int find(struct members *members, const char *name, struct network_answer *answer)
{
	const struct member *found = name[0] ? with_name(members, name) : NULL;

	return found && found->ready ? tell_of(found, answer) : ENOENT;
}

static int is_called(const struct member *member, const char *name)
{
	const size_t length = strlen(name), whole = strlen(member->id);

	if (strcmp(member->name, name) == 0 || strcmp(member->called, name) == 0)
		return 1;
	return length >= LEAST_DIGITS && length <= whole && strcmp(member->id + whole - length, name) == 0;
}

const struct member *members_find_shared(const struct members *members, const struct network_question *question)
{
	const struct member *found = NULL;

	errno = ENOENT;
	for (int i = 0; i < members->count && question->name[0]; i++) {
		if (!members->of[i].ready || !is_called(&members->of[i], question->name))
			continue;
		errno = ENOTUNIQ;
		if (found)
			return NULL;
		found = &members->of[i];
	}
	if (!found)
		return NULL;
	for (int i = 0; i < SHARED_MAX; i++)
		if ((question->flags & (NETWORK_OF_NETWORK << i)) && found->shared[i] <= 0) {
			errno = EACCES;
			return NULL;
		}
	return found;
}

static int use(const struct members *members, const struct network_question *question, struct network_answer *answer)
{
	const struct member *found = members_find_shared(members, question);

	return found ? tell_of(found, answer) : errno;
}

static int name_once(const struct member *asker, char *place, const char *name)
{
	if (!asker->address)
		return ENOTCONN;
	memcpy(place, name, MEMBER_NAME);
	return 0;
}

static int do_as_asked(struct members *members, struct member *asker, const struct network_question *question,
		       struct network_answer *answer)
{
	int error;

	switch (question->ask) {
	case NETWORK_JOIN:
		error = join(members, asker, question);
		return error ? error : tell_of(asker, answer);
	case NETWORK_READY:
		asker->ready = 1;
		return asker->address ? 0 : ENOTCONN;
	case NETWORK_FIND:
		return find(members, question->name, answer);
	case NETWORK_SHOW:
		answer->number = (uint32_t)members->joined;
		answer->flags = members->flags;
		return 0;
	case NETWORK_MEMBER:
		return tell_of(with_number(members, question->number), answer);
	case NETWORK_END:
		return members->joined ? EBUSY : 0;
	case NETWORK_SHARE:
		return name_once(asker, asker->id, question->name);
	case NETWORK_CALL:
		return name_once(asker, asker->called, question->name);
	case NETWORK_USE:
		return use(members, question, answer);
	default:
		return EINVAL;
	}
}

void members_answer(struct members *members, struct member *asker, const struct network_question *question,
		    struct network_answer *answer)
{
	memset(answer, 0, sizeof *answer);
	answer->subnet = members->subnet;
	answer->mtu = members->mtu;
	answer->since = members->since;
	answer->error = question->name[MEMBER_NAME - 1] ? EINVAL : do_as_asked(members, asker, question, answer);
}

void members_remove(struct members *members, struct member *gone)
{
	if (gone->address)
		members->joined--;
	for (int i = 0; i < SHARED_MAX; i++)
		if (gone->shared[i] > 0)
			close(gone->shared[i]);
	*gone = members->of[--members->count];
}

int members_are_over(const struct members *members)
{
	return !(members->flags & NETWORK_KEPT) && members->ever_joined && members->joined == 0;
}
