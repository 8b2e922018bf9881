#ifndef LOADER_H
#define LOADER_H

#include <elf.h>

/*
 * Maps the dynamic loader of the GNU C library as the kernel does for a program that names one (fs/binfmt_elf.c), and changes the
 * auxiliary vector to what it would be then. The address at which it is entered; ends the process, with words, where it cannot be.
 */
unsigned long start_of_loader(Elf64_auxv_t *vector, int status);

#endif
