/*
 * Whether a command line is one of isolate's, for code that has no reader of options: before the C library is there, and in it.
 */
#ifndef WORDS_OF_ISOLATE_H
#define WORDS_OF_ISOLATE_H

#include "bare.h"

/* The first of isolate's own words; 0 if this is another command. */
static inline int isolate_words(int argc, char **argv)
{
	const char *slash = argc > 0 ? last_of(argv[0], '/') : NULL;

	if (argc > 0 && same(slash ? slash + 1 : argv[0], "isolate"))
		return 1;
	return argc > 1 && same(argv[1], "isolate") ? 2 : 0;
}

/* As the reader of the options has it, a beginning of the word is enough, of so many letters at least. */
static inline int isolate_has(int argc, char **argv, const char *option, size_t least)
{
	int next = isolate_words(argc, argv);

	for (; next > 0 && next < argc && !same(argv[next], "--"); next++)
		if (same_start(argv[next], option, least) && same_start(argv[next], option, length_of(argv[next])))
			return 1;
	return 0;
}

#endif
