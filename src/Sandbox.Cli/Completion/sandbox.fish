# fish completion for sandbox; load it with: sandbox completion fish | source
complete -c sandbox -f
complete -c sandbox -s h -l help -d 'Show help'
complete -c sandbox -n __fish_use_subcommand -l version -d 'Show the version'

complete -c sandbox -n __fish_use_subcommand -a exec -d 'Run one job and print its result as JSON'
complete -c sandbox -n __fish_use_subcommand -a plan -d 'Print every step a job would take'
complete -c sandbox -n __fish_use_subcommand -a doctor -d 'Try what the sandbox needs of this host'
complete -c sandbox -n __fish_use_subcommand -a schema -d 'Print a JSON Schema'
complete -c sandbox -n __fish_use_subcommand -a policy -d 'List, show or check seccomp policies'
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

set -l actions list show check
complete -c sandbox -n "__fish_seen_subcommand_from policy; and not __fish_seen_subcommand_from $actions" -a "$actions"
complete -c sandbox -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from show' \
    -a '(sandbox policy list 2>/dev/null | string split -f1 " ")'
complete -c sandbox -n '__fish_seen_subcommand_from policy; and __fish_seen_subcommand_from check' \
    -k -a '(__fish_complete_suffix .json)'

set -l deeds put ls gc rm verify
complete -c sandbox -n "__fish_seen_subcommand_from store; and not __fish_seen_subcommand_from $deeds" -a "$deeds"
complete -c sandbox -n '__fish_seen_subcommand_from store; and __fish_seen_subcommand_from put' -F
complete -c sandbox -n '__fish_seen_subcommand_from store; and __fish_seen_subcommand_from put gc' \
    -l max-size -x -d 'What the store may have, such as 10GiB'
complete -c sandbox -n '__fish_seen_subcommand_from store; and __fish_seen_subcommand_from ls' -l json -d 'Print JSON'
complete -c sandbox -n '__fish_seen_subcommand_from store; and __fish_seen_subcommand_from rm verify' \
    -a '(sandbox store ls 2>/dev/null | string split -f1 " ")'
