/*
 * Who is in a network of jobs: what is asked of its holder, and what it answers. src/Sandbox/Resources/Networks/NetworkRecords.cs is
 * the other side.
 */
#ifndef SANDBOX_MEMBERS_H
#define SANDBOX_MEMBERS_H

#include <stdint.h>

#define MEMBERS_MAX 512	 /* connections; not all of them are of jobs */
#define MEMBER_NAME 64	 /* with the final NUL */
#define NETWORK_FIRST 2	 /* of the last byte of addresses: the switch has 1 */
#define NETWORK_LAST 254

enum network_ask {
	NETWORK_HOLD = 1, /* the starter's: address is the subnet's, flags and MTU << NETWORK_MTU, name; number: when it was made, in seconds of the
			     epoch */
	NETWORK_JOIN,	  /* address (0: any), name, flags; the answer carries the namespaces */
	NETWORK_READY,	  /* the asker can be reached: its name is found from now on */
	NETWORK_FIND,	  /* name */
	NETWORK_SHOW,	  /* number of members, and what the network is */
	NETWORK_MEMBER,	  /* the member of that number */
	NETWORK_END,	  /* unless it has members */
	NETWORK_SHARE,	  /* a member's: others may join its namespaces of flags, which come along in their order; name: its id */
	NETWORK_CALL,	  /* a member's: name is another name that it goes by */
	NETWORK_USE,	  /* name: of a member, or the last digits of its id; flags: which of its namespaces; the answer carries them */
};

enum network_flag {
	NETWORK_KEPT = 1 << 0,	   /* it does not end with its last member */
	NETWORK_ISOLATED = 1 << 1, /* a member that reaches no other one that is isolated */
	NETWORK_OF_NETWORK = 1 << 2, /* the network namespace of a member */
	NETWORK_OF_IPC = 1 << 3,     /* the IPC namespace of a member */
};

#define NETWORK_MTU 16 /* of the flags of NETWORK_HOLD, from this bit on */

/* Addresses are numbers, as the host counts: 10.89.0.1 is 0x0a590001. */
struct network_question {
	uint32_t ask;
	uint32_t address;
	uint32_t flags;
	uint32_t number;
	char name[MEMBER_NAME];
};

struct network_answer {
	int32_t error; /* errno, or 0 */
	uint32_t address;
	uint32_t flags;
	uint32_t number;
	uint32_t subnet;
	uint32_t mtu; /* 0: of a holder that was given none */
	uint64_t since; /* seconds of the epoch */
	char name[MEMBER_NAME];
};

_Static_assert(sizeof(struct network_question) == 80, "NetworkRecords.cs writes 80 bytes");
_Static_assert(sizeof(struct network_answer) == 96, "NetworkRecords.cs reads 96 bytes");

#define SHARED_MAX 2 /* namespaces of a member that others may join: of its network, and IPC */
#define LEAST_DIGITS 4

struct member {
	int fd;
	uint32_t address; /* 0: it has joined nothing, and asks only */
	uint32_t flags;
	int ready;
	int shared[SHARED_MAX]; /* 0: not to be joined */
	char name[MEMBER_NAME];
	char id[MEMBER_NAME]; /* of one whose namespaces may be joined */
	char called[MEMBER_NAME];
};

struct members {
	struct member of[MEMBERS_MAX];
	int count;
	int joined;	 /* of them */
	int ever_joined;
	uint32_t subnet; /* of 256 addresses */
	uint32_t flags;
	uint32_t mtu;
	uint64_t since;
};

/* Fills the answer to one question of one of them. */
void members_answer(struct members *members, struct member *asker, const struct network_question *question,
		    struct network_answer *answer);

/* The member whose namespaces are asked for; NULL with errno: ENOENT there is none that can be reached, ENOTUNIQ there are several, EACCES it shares them not. */
const struct member *members_find_shared(const struct members *members, const struct network_question *question);

/* It is gone: its address and name are free. */
void members_remove(struct members *members, struct member *gone);

/* Nobody has any more use for the network. */
int members_are_over(const struct members *members);

#endif
