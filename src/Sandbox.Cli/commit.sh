#!/bin/sh
# Prints the commit that the sources of the command are of, with "-dirty" where they were changed since; nothing outside of a
# clone. The same sources print the same: no date, no name of a branch, no count.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd -P)

# Set in hooks, these would name another repository (git(1), "Environment Variables").
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX

# "git archive" writes the commit here, as .gitattributes tells it.
archived='$Format:%H$'

git_of_root() { git --no-optional-locks -C "$root" "$@" 2>/dev/null; }

# A copy may lie in the clone of something else, whose commit says nothing of it.
if [ "$(git_of_root rev-parse --show-toplevel)" = "$root" ] && commit=$(git_of_root rev-parse HEAD); then
	if changes=$(git_of_root status --porcelain -- src native policies schemas global.json 'Directory.*.props') && [ -z "$changes" ]; then
		echo "$commit"
	else
		echo "$commit-dirty"
	fi
elif [ "${archived#\$}" = "$archived" ]; then
	echo "$archived"
fi
