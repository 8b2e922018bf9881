#!/bin/sh
# Writes src/Sandbox/Policies/Tables/{syscalls,arguments}.txt from the installed kernel headers.
# The tables are checked in: the build needs neither this script nor the headers.
set -eu
cd "$(dirname "$0")/../.."
tables=src/Sandbox/Policies/Tables
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# "NAME NUMBER" of every __NR_ macro that the header on stdin leaves defined.
numbers() {
  gcc -E -dM -x c "$@" - | awk '
    $1 == "#define" && $2 ~ /^__NR/ { value[$2] = $3 }
    END {
      for (macro in value) {
        number = value[macro]
        while (number in value) number = value[number]
        if (macro ~ /^__NR_/ && number ~ /^[0-9]+$/ && macro != "__NR_syscalls" && macro !~ /arch_specific/)
          print substr(macro, 6), number
      }
    }'
}

# Calls newer than the headers of the oldest distribution we build on (Linux 6.1). New calls have
# had one number on every architecture since Linux 5.1, except those after "only".
newer() {
  cat <<'CALLS'
cachestat 451
fchmodat2 452
map_shadow_stack 453
futex_wake 454
futex_wait 455
futex_requeue 456
statmount 457
listmount 458
lsm_get_self_attr 459
lsm_set_self_attr 460
lsm_list_modules 461
mseal 462
setxattrat 463
getxattrat 464
listxattrat 465
removexattrat 466
open_tree_attr 467
file_getattr 468
file_setattr 469
listns 470
CALLS
  if [ "$1" = x86_64 ]; then printf 'uretprobe 335\nuprobe 336\n'; fi
}

# What arch/arm64/include/asm/unistd.h asks of asm-generic/unistd.h.
arm64="-D__ARCH_WANT_RENAMEAT -D__ARCH_WANT_NEW_STAT -D__ARCH_WANT_SET_GET_RLIMIT -D__ARCH_WANT_SYS_CLONE3 -D__ARCH_WANT_MEMFD_SECRET"

{ echo '#include <asm/unistd_64.h>' | numbers; newer x86_64; } | sort -u > "$work/x86_64"
# shellcheck disable=SC2086 # the defines are separate words
{ echo '#include <asm-generic/unistd.h>' | numbers $arm64; newer aarch64; } | sort -u > "$work/aarch64"
{ echo '#include <asm/unistd_32.h>' | numbers; newer i386; } | sort -u > "$work/i386"
{
  echo '# Written by native/interop/syscalls.sh: name, then its number on x86_64, aarch64 and i386.'
  join -a 1 -a 2 -e - -o 0,1.2,2.2 "$work/x86_64" "$work/aarch64" > "$work/two"
  join -a 1 -a 2 -e - -o 0,1.2,1.3,2.2 "$work/two" "$work/i386"
} > "$tables/syscalls.txt"

# Names that a policy may compare an argument with, and errno names. Only macros whose value is the
# same on x86_64 and aarch64: O_* is missing because O_DIRECTORY and others differ.
cat > "$work/names.c" <<'EOF_C'
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <linux/sched.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <linux/prctl.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <netinet/tcp.h>
#include <linux/udp.h>
#include <linux/netlink.h>
#include <fcntl.h>
#include <asm/termbits.h>
#include <asm/ioctls.h>
#include <asm/prctl.h>
#include <linux/sockios.h>
#include <linux/random.h>
#include <linux/fs.h>
#include <linux/keyctl.h>
#include <signal.h>
EOF_C
names='CLONE_[A-Z0-9_]+|AF_[A-Z0-9_]+|PR_[A-Z0-9_]+|ARCH_[A-Z0-9_]+|T(IOC|C|IO)[A-Z0-9_]+|FIO[A-Z0-9]+|FS_IOC_[A-Z0-9_]+|FI(BMAP|GETBSZ|FREEZE|THAW|TRIM|CLONE|CLONERANGE|DEDUPERANGE)|SOCK_[A-Z0-9_]+|SOL_[A-Z0-9_]+|SO_[A-Z0-9_]+|IPPROTO_[A-Z0-9_]+|MAP_[A-Z0-9_]+|PROT_[A-Z]+|MADV_[A-Z_0-9]+|MFD_[A-Z0-9_]+|FUTEX_[A-Z0-9_]+|PER_[A-Z0-9_]+|ADDR_[A-Z0-9_]+|READ_IMPLIES_EXEC|SHORT_INODE|WHOLE_SECONDS|STICKY_TIMEOUTS|UNAME26|FDPIC_FUNCPTRS|MMAP_PAGE_ZERO|SECCOMP_SET_[A-Z_]+|SECCOMP_GET_[A-Z_]+|KEYCTL_[A-Z_0-9]+|IP_[A-Z_0-9]+|IPV6_[A-Z_0-9]+|MCAST_[A-Z_]+|TCP_[A-Z_0-9]+|UDP_[A-Z_0-9]+|NETLINK_[A-Z_]+|F_[A-Z_0-9]+|SIOC[A-Z_]+|RND[A-Z]+|SIG[A-Z0-9]+|E[A-Z0-9]+'
cp "$work/names.c" "$work/values.c"
{
  echo '#include <stdio.h>'
  # sys/personality.h has enumerators, which -dM does not show.
  echo 'int main(void) {'
  {
    gcc -E -dM "$work/names.c" | awk '{ print $2 }'
    gcc -E -P "$work/names.c" | grep -oE '\b(PER_[A-Z0-9_]+|ADDR_[A-Z0-9_]+|READ_IMPLIES_EXEC|SHORT_INODE|WHOLE_SECONDS|STICKY_TIMEOUTS|UNAME26|FDPIC_FUNCPTRS|MMAP_PAGE_ZERO|SOCK_[A-Z]+|IPPROTO_[A-Z0-9]+|MSG_[A-Z]+)\b' || true
  } | grep -xE "$names" | grep -vE '^(SIG_|SIGRT|SIGEV|SIGSTKSZ|EXIT_|EOF|.*_MAX$|.*_H$|CLONE_ARGS_.*|MAP_FAILED$|ECHO|EXT[AB]$|EXTPROC|F_(OK|T?LOCK|ULOCK|TEST|.*64)$|TCP(I_|O|_COOKIE|_MAX(WIN|_)|_MSS|_REPAIR_O|_S_|_ENCAP)|TCSA|TC[IO]|.*_(FLOW|PMTUDISC_.*)$|UDP_ENCAP_|SOCK_(IOC|TXREHASH|.*BUF_LOCK)|NETLINK_UNUSED)' | sort -u |
    awk '{ print "printf(\"%s 0x%llx\\n\", \"" $1 "\", (unsigned long long)(" $1 "));" }'
  echo 'return 0; }'
} >> "$work/values.c"
# A macro that is no integer constant (a type, a string, a function) does not compile: drop those.
while ! gcc -w -o "$work/values" "$work/values.c" 2> "$work/errors"; do
  awk -F: '/error:/ { print $2 }' "$work/errors" | sort -un > "$work/bad"
  [ -s "$work/bad" ] || { cat "$work/errors" >&2; exit 1; }
  awk 'NR == FNR { bad[$1] = 1; next } !(FNR in bad)' "$work/bad" "$work/values.c" > "$work/next.c"
  mv "$work/next.c" "$work/values.c"
done
{
  echo '# Written by native/interop/syscalls.sh: names for arguments, and errno names.'
  "$work/values" | sort -u
} > "$tables/arguments.txt"
wc -l "$tables"/*.txt
