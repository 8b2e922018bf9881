# fish completion for sandbox; load it with: sandbox completion fish | source
complete -c sandbox -f
complete -c sandbox -s h -l help -d 'Show help'
complete -c sandbox -n __fish_use_subcommand -l version -d 'Show the version'

complete -c sandbox -n __fish_use_subcommand -a exec -d 'Run one job and print its result as JSON'
complete -c sandbox -n __fish_use_subcommand -a plan -d 'Print every step a job would take'
complete -c sandbox -n __fish_use_subcommand -a doctor -d 'Try what the sandbox needs of this host'
complete -c sandbox -n __fish_use_subcommand -a schema -d 'Print a JSON Schema'
complete -c sandbox -n __fish_use_subcommand -a policy -d 'List, show or check seccomp policies'
complete -c sandbox -n __fish_use_subcommand -a image -d 'Import, list or remove container images'
complete -c sandbox -n __fish_use_subcommand -a completion -d 'Print a completion script'

complete -c sandbox -n '__fish_seen_subcommand_from exec plan' -k -a '(__fish_complete_suffix .json)'
complete -c sandbox -n '__fish_seen_subcommand_from exec' -l result -r -F -d 'Write the result to this file'
complete -c sandbox -n '__fish_seen_subcommand_from exec' -l pretty -d 'Indent the result'
complete -c sandbox -n '__fish_seen_subcommand_from exec plan doctor' -l cgroup -r -F -d 'Control group folders to use, or none'
complete -c sandbox -n '__fish_seen_subcommand_from exec' -l lease-cores -x -d 'Processors whose whole cores are leased to jobs'
complete -c sandbox -n '__fish_seen_subcommand_from doctor' -l json -d 'Print JSON'
complete -c sandbox -n '__fish_seen_subcommand_from schema' -a 'job result'
complete -c sandbox -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'

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
