/*
 * The dynamic loader, started by the program instead of the kernel. The kernel maps it for whoever names one (PT_INTERP), and enters that: with the
 * libraries two milliseconds are gone before the first line of ours, which `sandbox exec` with a job host does not need any of.
 * So this program names none (ld(1), --no-dynamic-linker), is entered itself, and does here what the kernel would have done.
 */
#include "loader.h"
#include "bare.h"

#if defined(__x86_64__)
#define LOADER "/lib64/ld-linux-x86-64.so.2"
#elif defined(__aarch64__)
#define LOADER "/lib/ld-linux-aarch64.so.1"
#endif

#define MOST_HEADERS 32

extern char _start[]; /* crt1.o: where the loader goes on once it is done */

static const char loader[] = LOADER;

static unsigned long page; /* bytes of one: aarch64 has larger ones as well */

/* The program headers as they are, and one that names the loader: it wants to be named (glibc, rtld_setup_main_map). */
static Elf64_Phdr headers[MOST_HEADERS];

__attribute__((noreturn)) static void fail(const char *what, long error, int status)
{
	char text[200];
	struct words words = { text, sizeof text, 0 };

	add(&words, "sandbox: " LOADER ", the dynamic loader of the GNU C library, ");
	add(&words, what);
	if (error != 0) {
		add(&words, " (errno ");
		add_number(&words, (unsigned long)-error);
		add(&words, ")");
	}
	add(&words, "\n");
	bare_write(2, text, length_of(text));
	bare_exit(status);
}

static unsigned long value_of(const Elf64_auxv_t *vector, unsigned long type)
{
	for (; vector->a_type != AT_NULL; vector++)
		if (vector->a_type == type)
			return vector->a_un.a_val;
	return 0;
}

static void name_loader(Elf64_auxv_t *vector, unsigned long base, int status)
{
	const Elf64_Phdr *given = (const Elf64_Phdr *)value_of(vector, AT_PHDR);
	unsigned long count = value_of(vector, AT_PHNUM);

	if (given == NULL || count >= MOST_HEADERS)
		fail("is not told where this program is", 0, status);
	for (unsigned long i = 0; i < count; i++)
		headers[i + 1] = given[i];
	headers[0] = (Elf64_Phdr){ .p_type = PT_INTERP,
				   .p_flags = PF_R,
				   .p_vaddr = (unsigned long)loader,
				   .p_paddr = (unsigned long)loader,
				   .p_filesz = sizeof loader,
				   .p_memsz = sizeof loader,
				   .p_align = 1 };
	for (; vector->a_type != AT_NULL; vector++) {
		if (vector->a_type == AT_PHDR)
			vector->a_un.a_val = (unsigned long)headers;
		else if (vector->a_type == AT_PHNUM)
			vector->a_un.a_val = count + 1;
		else if (vector->a_type == AT_BASE)
			vector->a_un.a_val = base;
		else if (vector->a_type == AT_ENTRY)
			vector->a_un.a_val = (unsigned long)_start;
	}
}

static unsigned long up(unsigned long address)
{
	return (address + page - 1) & -page;
}

static long map(unsigned long address, unsigned long size, int protection, int flags, int fd, unsigned long offset)
{
	return CALL(mmap, address, size, protection, MAP_PRIVATE | flags, fd, offset);
}

/* One segment, and zeros where its memory is larger than its part of the file, to the end of the page: the loader takes memory from there. */
static long map_segment(unsigned long base, const Elf64_Phdr *segment, int fd)
{
	unsigned long start = base + segment->p_vaddr, inside = start & (page - 1);
	unsigned long file_end = start + segment->p_filesz, end = start + segment->p_memsz;
	int protection = (segment->p_flags & PF_R ? PROT_READ : 0) | (segment->p_flags & PF_W ? PROT_WRITE : 0) |
			 (segment->p_flags & PF_X ? PROT_EXEC : 0);
	long result = map(start - inside, segment->p_filesz + inside, protection, MAP_FIXED, fd,
			  segment->p_offset - inside);

	if (result < 0 && result > -4096)
		return result;
	if (end > file_end)
		for (unsigned long at = file_end; at < up(file_end); at++)
			*(volatile char *)at = 0;
	if (end <= up(file_end))
		return 0;
	result = map(up(file_end), end - up(file_end), protection, MAP_FIXED | MAP_ANONYMOUS, -1, 0);
	return result < 0 && result > -4096 ? result : 0;
}

/* Room for all segments in one piece, which the kernel chooses, and the segments in it. */
static long map_segments(const Elf64_Phdr *segments, int count, int fd)
{
	unsigned long end = 0;
	long base;

	for (int i = 0; i < count; i++)
		if (segments[i].p_type == PT_LOAD)
			end = segments[i].p_vaddr + segments[i].p_memsz;
	base = map(0, up(end), PROT_NONE, MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < count && !(base < 0 && base > -4096); i++)
		if (segments[i].p_type == PT_LOAD) {
			long error = map_segment((unsigned long)base, &segments[i], fd);

			if (error < 0)
				return error;
		}
	return base;
}

unsigned long start_of_loader(Elf64_auxv_t *vector, int status)
{
	_Alignas(Elf64_Ehdr) char start[2048];
	const Elf64_Ehdr *file = (const Elf64_Ehdr *)start;
	int fd = bare_open(loader, O_RDONLY | O_CLOEXEC);
	long size = fd < 0 ? fd : bare_read(fd, start, sizeof start);
	long base;

	page = value_of(vector, AT_PAGESZ);
	if (size < 0)
		fail("cannot be read", size, status);
	if (size < (long)sizeof *file || !same_start(start, ELFMAG, SELFMAG) || file->e_ident[EI_CLASS] != ELFCLASS64 ||
	    file->e_phentsize != sizeof(Elf64_Phdr) || file->e_phoff % sizeof(long) != 0 ||
	    file->e_phoff + file->e_phnum * sizeof(Elf64_Phdr) > (unsigned long)size)
		fail("is something else", 0, status);
	base = map_segments((const Elf64_Phdr *)(start + file->e_phoff), file->e_phnum, fd);
	if (base < 0 && base > -4096)
		fail("cannot be mapped", base, status);
	bare_close(fd);
	name_loader(vector, (unsigned long)base, status);
	return (unsigned long)base + file->e_entry;
}
