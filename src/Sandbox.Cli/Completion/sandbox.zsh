#compdef sandbox
# zsh completion for sandbox; load it with: source <(sandbox completion zsh)
_sandbox_policies() {
    local -a policies
    policies=(${(f)"$(sandbox policy list 2>/dev/null | cut -d' ' -f1)"})
    _describe 'policy' policies
}

_sandbox_policy() {
    local -a actions
    actions=('list:list the built-in policies' 'show:print a built-in policy' 'check:check a policy file')
    if (( CURRENT == 2 )); then
        _describe 'action' actions
        return
    fi
    case $words[2] in
        show) _arguments '(-h --help)'{-h,--help}'[show help]' '2:policy:_sandbox_policies' ;;
        check) _arguments '(-h --help)'{-h,--help}'[show help]' '2:policy file:_files -g "*.json"' ;;
    esac
}

_sandbox_policy_or_file() {
    _alternative 'policies:policy:_sandbox_policies' 'files:policy file:_files -g "*.json"'
}

_sandbox_words_or_files() {
    # _arguments puts options of compadd in front of what was given.
    local -a words_only
    words_only=(${@:#-*})
    compadd -- $words_only
    _files
}

_sandbox_device() {
    if [[ -n $PREFIX ]]; then _files; else _files -W /dev -P /dev/; fi
}

_sandbox_run() {
    local -a options
    options=(
        '*'{-v,--volume}'[show a file or folder of the host; OPTIONS - ro (the default), rw, overlay or O, noexec, optional]:volume:_files'
        '*--mount[the same in words - type=bind|overlay|tmpfs|symlink, source=, target=, writable, noexec, optional, size=, inodes=]:mount:(type=bind type=overlay type=tmpfs type=symlink)'
        '*--tmpfs[an empty folder in memory; OPTIONS - size=SIZE, nr_inodes=NUMBER, noexec]:dst:'
        '*--shm-size[give /dev/shm a size of its own, taken off --disk]:size:'
        '*--rootfs[what / is made of - host (the hosts toolchain folders, the default), empty, or a folder]:rootfs:_sandbox_words_or_files host empty'
        '*--image[make / of a container image]:image:_sandbox_image_or_file'
        '*--cap-add[capabilities over the own ids of the job]:capability:(CHOWN DAC_OVERRIDE FOWNER SETGID SETUID)'
        '*--cap-drop[take back what --cap-add gives]:capability:(ALL CHOWN DAC_OVERRIDE FOWNER SETGID SETUID)'
        '--subids[give the job ids from 0 to 65535 instead of one]'
        '*--device[let the job use a device of the host]:device:_sandbox_device'
        '*--file[copy a file of the host to DST before the start]:file:_files'
        '*--text[write TEXT to DST before the start]:dst:'
        '*--collect[copy a file (or *.log into TO/) out after the end; OPTIONS - the largest size (64 MiB), optional]:collect:_files'
        '*--save-diff[write what the job changed to an archive]:archive:_files'
        '--diff[list what the job changed in the result]'
        '*--collect-limit[bytes that --collect and --save-diff bring to the host together]:size:'
        '*'{-w,--workdir}'[the folder the job starts in (/work)]:folder:'
        '*'{-e,--env}'[set a variable; NAME alone takes the callers, which must be set]:name:'
        '*--env-file[set the variables that FILE lists, one a line]:env-file:_files'
        '*'{-u,--user}'[who the job is to itself - numbers, or root (1000 -1000)]:user:(root)'
        '*'{-h,--hostname}'[the host name the job sees (sandbox)]:name:'
        '*--entrypoint[the program, to which the commands words are arguments]:program:'
        '*--name[a label for the result and telemetry]:name:'
        '*--traceparent[the W3C trace context that the jobs trace continues]:context:'
        '(-i --interactive)'{-i,--interactive}'[pass stdin on; without it the job reads nothing]'
        '(-t --tty)'{-t,--tty}'[a terminal of its own for the job]'
        '*--stdin[what the job reads - a file, null (the default) or inherit, which is -i]:stdin:_sandbox_words_or_files null inherit'
        '*--stdin-text[what the job reads, in place]:text:'
        '*--stdout[where stdout goes - a file, inherit (the default), discard or capture (into the result)]:stdout:_sandbox_words_or_files inherit discard capture'
        '*--stderr[the same for stderr; stdout merges the two]:stderr:_sandbox_words_or_files inherit discard capture stdout'
        '*--result[write the result, which exec would print, to FILE]:result:_files'
        '*--cpus[processors worth of time, such as 1.5]:number:'
        '*--cpuset-cpus[processors the job may run on, such as 0-1,4]:list:'
        '*--pids-limit[processes and threads of the job (1024)]:number:'
        '*--output[bytes on each of stdout and stderr (16 MiB if captured)]:size:'
        '*--on-output-limit[what happens there - kill (the default) or truncate]:on-output-limit:(kill truncate)'
        '*--ulimit[nofile, nproc, fsize, stack, as, data or cpu: what --open-files, --pids-limit, --file-size and the like set]:ulimit:(nofile= nproc= fsize= stack= as= data= cpu=)'
        '*--require[limits (memory,cpuTime) that the kernel must hold, or the job does not start]:require:(cpuTime wallTime idleTime memory processes output fileSize openFiles stack disk addressSpace dataSegment cpus memoryHigh ioRead ioWrite cpuset)'
        '*--network[none (the default), loopback, or host - the hosts, unrestricted]:network:(none loopback host)'
        '*--seccomp[the seccomp policy - a name, a file, or a policy in place (default)]:policy:_sandbox_policy_or_file'
        '*--security-opt[seccomp=POLICY, as --seccomp; no-new-privileges is always in force]:security-opt:(seccomp= no-new-privileges)'
        '*--proc[full (the default), or pid - nothing of /proc but processes]:proc:(full pid)'
        '*--isolation[normal (the default), or strict - nothing is prepared before the job]:isolation:(normal strict)'
        '--host-tools[show the folders of your PATH read-only, with what their programs need]'
        '--read-only[always so - nothing can be written but volumes that say so, /work, /tmp, /dev/shm and tmpfs]'
        '--job[print the job as job.json for sandbox exec, and start nothing]'
        '*--cgroup[control group folders to use, parted by colons, or none; found by itself otherwise]:cgroup:_files'
        '*--lease-cores[processors such as 2-7, of whose whole cores the job gets as many as it has cpus, and nobody else who leases]:list:'
        '--rm[always so - nothing is left of a job]'
        '--init[always so - process 1 reaps the jobs orphans]'
        '*'{-m,--memory}'[memory of the whole job (2 GiB)]:size:'
        '*--memory-high[memory above which the job is slowed down]:size:'
        '*--cpu-time[CPU time of all processes together]:time:'
        '*--wall-time[real time since the start]:time:'
        '*--idle-time[time without any use of a CPU]:time:'
        '*--file-size[size of one file]:size:'
        '*--open-files[open files of one process (1024)]:number:'
        '*--stack[stack of a program (as on the host)]:size:'
        '*--address-space[addresses that one process may map, used or not]:size:'
        '*--data-segment[private writable memory that one process may map, used or not]:size:'
        '*--disk[bytes in all writable folders that are not volumes (1 GiB)]:size:'
        '*--io-read[bytes a second read from each disk]:size:'
        '*--io-write[bytes a second written to each disk]:size:'
        '--help[show help]'
    )
    _arguments -s -S $options '(-):command:_command_names -e' '*::arguments:_normal'
}

_sandbox_images() {
    local -a images
    images=(${(f)"$(sandbox image ls --names 2>/dev/null)"})
    compadd -a images
}

_sandbox_image_or_file() {
    _alternative 'images:image:_sandbox_images' 'files:archive or folder:_files'
}

_sandbox_image() {
    local -a actions
    actions=('import:bring an image into the store' 'ls:list the images' 'rm:remove images' 'gc:free what no image needs')
    if (( CURRENT == 2 )); then
        _describe 'action' actions
        return
    fi
    case $words[2] in
        import) _arguments '(-h --help)'{-h,--help}'[show help]' '--name[name for the image]:name:' '2:archive or folder:_files' ;;
        ls) _arguments '(-h --help)'{-h,--help}'[show help]' '--json[print JSON]' '--names[print the names only]' ;;
        rm) _arguments '(-h --help)'{-h,--help}'[show help]' '*:image:_sandbox_images' ;;
        gc) _arguments '(-h --help)'{-h,--help}'[show help]' ;;
    esac
}

_sandbox_stored() {
    local -a names
    # A colon in a description would part it from its word.
    names=(${${(f)"$(sandbox store ls 2>/dev/null | cut -d' ' -f1)"}//:/\\:})
    _describe 'stored file' names
}

_sandbox_store() {
    local -a actions
    actions=('put:put files in' 'ls:list the files' 'gc:remove what was used longest ago' 'rm:remove files' 'verify:read files and compare them with their names')
    if (( CURRENT == 2 )); then
        _describe 'action' actions
        return
    fi
    case $words[2] in
        put) _arguments '(-h --help)'{-h,--help}'[show help]' '--max-size[what the store may have]:size:' '*:file:_files' ;;
        ls) _arguments '(-h --help)'{-h,--help}'[show help]' '--json[print JSON]' ;;
        gc) _arguments '(-h --help)'{-h,--help}'[show help]' '--max-size[what the store may have]:size:' ;;
        rm|verify) _arguments '(-h --help)'{-h,--help}'[show help]' '*:stored file:_sandbox_stored' ;;
    esac
}

_sandbox() {
    local -a commands
    commands=(
        'exec:run one job and print its result as JSON'
        'run:run one command, written as options'
        'plan:print every step a job would take'
        'doctor:try what the sandbox needs of this host'
        'schema:print a JSON Schema'
        'policy:list, show or check seccomp policies'
        'image:import, list or remove container images'
        'store:put, list and remove files that jobs name by their SHA-256'
        'completion:print a completion script'
        'help:show what a command does'
        'version:print the version'
    )
    if (( CURRENT == 2 )); then
        _describe 'command' commands
        _arguments '(-h --help)'{-h,--help}'[show help]' '--version[show the version]'
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case $command in
        exec)
            _arguments '(-h --help)'{-h,--help}'[show help]' \
                '--result[write the result to this file]:file:_files' \
                '--pretty[indent the result]' \
                '--cgroup[control group folders to use, or none]:folder:_files -/' \
                '--lease-cores[processors whose whole cores are leased to jobs]:processors:' \
                '*:job:_files -g "*.json"'
            ;;
        run) _sandbox_run ;;
        plan) _arguments '(-h --help)'{-h,--help}'[show help]' '--summary[print one page instead of every step]' '--cgroup[control group folders to use, or none]:folder:_files -/' '1:job:_files -g "*.json"' ;;
        doctor) _arguments '(-h --help)'{-h,--help}'[show help]' '--json[print JSON]' '--cgroup[control group folders to try, or none]:folder:_files -/' ;;
        version) _arguments '(-h --help)'{-h,--help}'[show help]' '--json[print JSON]' ;;
        help) _arguments '1:command:(exec run plan doctor schema policy image store completion version)' '2:command:(import ls rm gc put verify list show check)' ;;
        schema) _arguments '(-h --help)'{-h,--help}'[show help]' '1:kind:(job result)' ;;
        completion) _arguments '(-h --help)'{-h,--help}'[show help]' '1:shell:(bash zsh fish)' ;;
        policy) _sandbox_policy ;;
        image) _sandbox_image ;;
        store) _sandbox_store ;;
    esac
}

# Sourced, it registers itself; autoloaded from fpath, it is the function body.
if [[ $funcstack[1] == _sandbox ]]; then
    _sandbox "$@"
else
    compdef _sandbox sandbox
fi
