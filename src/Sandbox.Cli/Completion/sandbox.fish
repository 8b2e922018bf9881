# fish completion for sandbox; load it with: sandbox completion fish | source
complete -c sandbox -f
# To run -h is the host name.
complete -c sandbox -n 'not __fish_seen_subcommand_from run' -s h -l help -d 'Show help'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l help -d 'Show help'
complete -c sandbox -n __fish_use_subcommand -l version -d 'Show the version'

complete -c sandbox -n __fish_use_subcommand -a exec -d 'Run one job and print its result as JSON'
complete -c sandbox -n __fish_use_subcommand -a run -d 'Run one command, written as options'
complete -c sandbox -n __fish_use_subcommand -a plan -d 'Print every step a job would take'
complete -c sandbox -n __fish_use_subcommand -a doctor -d 'Try what the sandbox needs of this host'
complete -c sandbox -n __fish_use_subcommand -a schema -d 'Print a JSON Schema'
complete -c sandbox -n __fish_use_subcommand -a policy -d 'List, show or check seccomp policies'
complete -c sandbox -n __fish_use_subcommand -a image -d 'Import, list or remove container images'
complete -c sandbox -n __fish_use_subcommand -a store -d 'Put, list and remove files that jobs name by their SHA-256'
complete -c sandbox -n __fish_use_subcommand -a completion -d 'Print a completion script'

complete -c sandbox -n '__fish_seen_subcommand_from exec plan' -k -a '(__fish_complete_suffix .json)'
complete -c sandbox -n '__fish_seen_subcommand_from exec' -l result -r -F -d 'Write the result to this file'
complete -c sandbox -n '__fish_seen_subcommand_from exec' -l pretty -d 'Indent the result'
complete -c sandbox -n '__fish_seen_subcommand_from exec plan doctor' -l cgroup -r -F -d 'Control group folders to use, or none'
complete -c sandbox -n '__fish_seen_subcommand_from exec' -l lease-cores -x -d 'Processors whose whole cores are leased to jobs'
complete -c sandbox -n '__fish_seen_subcommand_from doctor' -l json -d 'Print JSON'
complete -c sandbox -n '__fish_seen_subcommand_from schema' -a 'job result'
complete -c sandbox -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'

complete -c sandbox -n '__fish_seen_subcommand_from run' -s v -l volume -r -F -d 'Show a file or folder of the host; OPTIONS: ro (the default), rw, overlay or O, noexec, optional'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l mount -x -a 'type=bind type=overlay type=tmpfs type=symlink' -d 'The same in words: type=bind|overlay|tmpfs|symlink, source=, target=, writable, noexec, optional, size=, inodes='
complete -c sandbox -n '__fish_seen_subcommand_from run' -l tmpfs -x -d 'An empty folder in memory; OPTIONS: size=SIZE, nr_inodes=NUMBER, noexec'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l shm-size -x -d 'Give /dev/shm a size of its own, taken off --disk'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l rootfs -r -F -a 'host empty' -d 'What / is made of: host (the host\'s toolchain folders, the default), empty, or a folder'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l image -r -F -a '(sandbox image ls --names 2>/dev/null)' -d 'Make / of a container image'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l cap-add -x -a 'CHOWN DAC_OVERRIDE FOWNER SETGID SETUID' -d 'Capabilities over the job\'s own ids'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l cap-drop -x -a 'ALL CHOWN DAC_OVERRIDE FOWNER SETGID SETUID' -d 'Take back what --cap-add gives'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l subids -d 'Give the job ids from 0 to 65535 instead of one'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l device -r -F -d 'Let the job use a device of the host'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l file -r -F -d 'Copy a file of the host to DST before the start'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l text -x -d 'Write TEXT to DST before the start'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l collect -r -F -d 'Copy a file (or *.log into TO/) out after the end; OPTIONS: the largest size (64 MiB), optional'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l save-diff -r -F -d 'Write what the job changed to an archive'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l diff -d 'List what the job changed in the result'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l collect-limit -x -d 'Bytes that --collect and --save-diff bring to the host together'
complete -c sandbox -n '__fish_seen_subcommand_from run' -s w -l workdir -x -d 'The folder the job starts in (/work)'
complete -c sandbox -n '__fish_seen_subcommand_from run' -s e -l env -x -d 'Set a variable; NAME alone takes the caller\'s, which must be set'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l env-file -r -F -d 'Set the variables that FILE lists, one a line'
complete -c sandbox -n '__fish_seen_subcommand_from run' -s u -l user -x -a 'root' -d 'Who the job is to itself: numbers, or root (1000:1000)'
complete -c sandbox -n '__fish_seen_subcommand_from run' -s h -l hostname -x -d 'The host name the job sees (sandbox)'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l entrypoint -x -d 'The program, to which the command\'s words are arguments'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l name -x -d 'A label for the result and telemetry'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l traceparent -x -d 'The W3C trace context that the job\'s trace continues'
complete -c sandbox -n '__fish_seen_subcommand_from run' -s i -l interactive -d 'Pass stdin on; without it the job reads nothing'
complete -c sandbox -n '__fish_seen_subcommand_from run' -s t -l tty -d 'A terminal of the job\'s own'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l stdin -r -F -a 'null inherit' -d 'What the job reads: a file, null (the default) or inherit, which is -i'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l stdin-text -x -d 'What the job reads, in place'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l stdout -r -F -a 'inherit discard capture' -d 'Where stdout goes: a file, inherit (the default), discard or capture (into the result)'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l stderr -r -F -a 'inherit discard capture stdout' -d 'The same for stderr; stdout merges the two'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l result -r -F -d 'Write the result, which exec would print, to FILE'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l cpus -x -d 'Processors\' worth of time, such as 1.5'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l cpuset-cpus -x -d 'Processors the job may run on, such as 0-1,4'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l pids-limit -x -d 'Processes and threads of the job (1024)'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l output -x -d 'Bytes on each of stdout and stderr (16 MiB if captured)'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l on-output-limit -x -a 'kill truncate' -d 'What happens there: kill (the default) or truncate'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l ulimit -x -a 'nofile= nproc= fsize= stack= as= data= cpu=' -d 'Nofile, nproc, fsize, stack, as, data or cpu: what --open-files, --pids-limit, --file-size and the like set'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l require -x -a 'cpuTime wallTime idleTime memory processes output fileSize openFiles stack disk cpus memoryHigh ioRead ioWrite cpuset' -d 'Limits (memory,cpuTime) that the kernel must hold, or the job does not start'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l network -x -a 'none loopback host' -d 'None (the default), loopback, or host: the host\'s, unrestricted'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l seccomp -r -F -a '(sandbox policy list 2>/dev/null)' -d 'The seccomp policy: a name, a file, or a policy in place (default)'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l security-opt -x -a 'seccomp= no-new-privileges' -d 'Seccomp=POLICY, as --seccomp; no-new-privileges is always in force'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l proc -x -a 'full pid' -d 'Full (the default), or pid: nothing of /proc but processes'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l isolation -x -a 'normal strict' -d 'Normal (the default), or strict: nothing is prepared before the job'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l host-tools -d 'Show the folders of your PATH read-only, with what their programs need'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l read-only -d 'Always so: nothing can be written but volumes that say so, /work, /tmp, /dev/shm and tmpfs'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l job -d 'Print the job as job.json for \'sandbox exec\', and start nothing'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l cgroup -r -F -d 'Control group folders to use, parted by colons, or none; found by itself otherwise'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l lease-cores -x -d 'Processors such as 2-7, of whose whole cores the job gets as many as it has cpus, and nobody else who leases'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l rm -d 'Always so: nothing is left of a job'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l init -d 'Always so: process 1 reaps the job\'s orphans'
complete -c sandbox -n '__fish_seen_subcommand_from run' -s m -l memory -x -d 'Memory of the whole job (2 GiB)'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l memory-high -x -d 'Memory above which the job is slowed down'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l cpu-time -x -d 'CPU time of all processes together'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l wall-time -x -d 'Real time since the start'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l idle-time -x -d 'Time without any use of a CPU'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l file-size -x -d 'Size of one file'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l open-files -x -d 'Open files of one process (1024)'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l stack -x -d 'Stack of a program (as on the host)'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l address-space -x -d 'Addresses that one process may map, used or not'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l data-segment -x -d 'Private writable memory that one process may map, used or not'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l disk -x -d 'Bytes in all writable folders that are not volumes (1 GiB)'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l io-read -x -d 'Bytes a second read from each disk'
complete -c sandbox -n '__fish_seen_subcommand_from run' -l io-write -x -d 'Bytes a second written to each disk'
# Command names come line by line; a name with a slash is a file, which fish offers whole.
complete -c sandbox -n '__fish_seen_subcommand_from run' -F
complete -c sandbox -n '__fish_seen_subcommand_from run; and not string match -q "*/*" -- (commandline -ct)' -a '(__fish_complete_command)'

set -l actions list show check
complete -c sandbox -n "__fish_seen_subcommand_from policy; and not __fish_seen_subcommand_from $actions" -a "$actions"
complete -c sandbox -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from show' \
    -a '(sandbox policy list 2>/dev/null | string split -f1 " ")'
complete -c sandbox -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from check' \
    -k -a '(__fish_complete_suffix .json)'

set -l image_actions import ls rm gc
complete -c sandbox -n "__fish_seen_subcommand_from image; and not __fish_seen_subcommand_from $image_actions" -a "$image_actions"
complete -c sandbox -n '__fish_seen_subcommand_from image; and __fish_seen_subcommand_from import' -F
complete -c sandbox -n '__fish_seen_subcommand_from image; and __fish_seen_subcommand_from import' -l name -x -d 'Name for the image'
complete -c sandbox -n '__fish_seen_subcommand_from image; and __fish_seen_subcommand_from ls' -l json -d 'Print JSON'
complete -c sandbox -n '__fish_seen_subcommand_from image; and __fish_seen_subcommand_from ls' -l names -d 'Print the names only'
complete -c sandbox -n '__fish_seen_subcommand_from image; and __fish_seen_subcommand_from rm' -a '(sandbox image ls --names 2>/dev/null)'

set -l deeds put ls gc rm verify
complete -c sandbox -n "__fish_seen_subcommand_from store; and not __fish_seen_subcommand_from $deeds" -a "$deeds"
complete -c sandbox -n '__fish_seen_subcommand_from store; and __fish_seen_subcommand_from put' -F
complete -c sandbox -n '__fish_seen_subcommand_from store; and __fish_seen_subcommand_from put gc' \
    -l max-size -x -d 'What the store may have, such as 10GiB'
complete -c sandbox -n '__fish_seen_subcommand_from store; and __fish_seen_subcommand_from ls' -l json -d 'Print JSON'
complete -c sandbox -n '__fish_seen_subcommand_from store; and __fish_seen_subcommand_from rm verify' \
    -a '(sandbox store ls 2>/dev/null | string split -f1 " ")'
