# fish completion for assay
set -l commands check known rules

complete -c assay -n "not __fish_seen_subcommand_from $commands" -f -a check -d 'Compare a release with its version control'
complete -c assay -n "not __fish_seen_subcommand_from $commands" -f -a known -d 'What upstreams published'
complete -c assay -n "not __fish_seen_subcommand_from $commands" -f -a rules -d 'What can be reported'
complete -c assay -s h -l help -d 'Show help'
complete -c assay -n "not __fish_seen_subcommand_from $commands" -s V -l version -d 'Show the version'

complete -c assay -n '__fish_seen_subcommand_from check' -l vcs -r -d 'The reference, REPO@REV'
complete -c assay -n '__fish_seen_subcommand_from check' -s f -l format -x -a 'text json sarif markdown' -d 'Report format'
complete -c assay -n '__fish_seen_subcommand_from check' -s o -l output -r -d 'Write the report to a file'
complete -c assay -n '__fish_seen_subcommand_from check' -l fail-on -x -a 'info low medium high critical' -d 'Exit 1 from this severity on'
complete -c assay -n '__fish_seen_subcommand_from check' -l config -r -d 'Project configuration'
complete -c assay -n '__fish_seen_subcommand_from check' -l memory -x -d 'Bytes to hold'
complete -c assay -n '__fish_seen_subcommand_from check' -l limit -x -d 'Set a limit' -a 'entries= entry-size= total-size= ratio= ratio-floor= nesting= path-length= path-depth= header-size= memory= time='
complete -c assay -n '__fish_seen_subcommand_from check' -s q -l quiet -d 'The verdict and why'
complete -c assay -n '__fish_seen_subcommand_from check' -s v -l verbose -d 'Everything'
complete -c assay -n '__fish_seen_subcommand_from check known' -l rules -x -a '(__fish_complete_directories)' -d 'Rule data to use'
complete -c assay -n '__fish_seen_subcommand_from check rules' -l color -x -a 'auto always never' -d 'Colour the report'

complete -c assay -n '__fish_seen_subcommand_from known; and not __fish_seen_subcommand_from index lookup verify' -f -a 'index lookup verify'
complete -c assay -n '__fish_seen_subcommand_from index' -l paths -x -d 'Files to index'
complete -c assay -n '__fish_seen_subcommand_from index' -l line-paths -x -d 'Files whose lines count'
complete -c assay -n '__fish_seen_subcommand_from index' -l url -x -d 'Public address'
complete -c assay -n '__fish_seen_subcommand_from index' -l package -x -d 'Package name and version'
complete -c assay -n '__fish_seen_subcommand_from index' -s o -l output -r -d 'Where to write'
complete -c assay -n '__fish_seen_subcommand_from verify' -l repo -x -a '(__fish_complete_directories)' -d 'Clone to index again'

complete -c assay -n '__fish_seen_subcommand_from rules; and not __fish_seen_subcommand_from list explain' -f -a 'list explain'
complete -c assay -n '__fish_seen_subcommand_from list lookup' -s f -l format -x -a 'text json' -d 'Format'
