# bash completion for assay                                    -*- shell-script -*-

_assay_common="--format --output --fail-on --rules --config --memory --limit --color --quiet --verbose --help"

_assay_evidence="--bundle --attestation --signature --keyring --key --allowed-signers --principal --trusted-root --policy --vcs"
_assay_identity="--certificate-identity --certificate-identity-regexp --certificate-oidc-issuer --certificate-oidc-issuer-regexp"

_assay_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

# names with commas between them
_assay_list() {
  local before=
  [[ $2 == *,* ]] && before=${2%,*},
  compopt -o nospace
  mapfile -t COMPREPLY < <(compgen -P "$before" -W "$1" -- "${2##*,}")
}

_assay_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}

_assay_value() {
  case $1 in
    -f | --format) _assay_words "$3" "$2" ;;
    --fail-on) _assay_words "info low medium high critical" "$2" ;;
    --ignore) _assay_words "gzip-mtime gzip-name pyc-mtime byte-order class-version timezone home shell environment cpu-count build-number pid random uuid temporary-name address lto-suffix toolchain compiler tool-drift kernel hostname user locale revision version year unclamped-mtime timestamp build-path umask owner locale-order file-order key-order hash-order compression zip-extra dialect line-ending signature" "$2" ;;
    --effort) _assay_words "low normal high" "$2" ;;
    --recipe)
      if [[ ${COMP_WORDS[1]} == rebuild ]]; then
        compopt -o filenames 2>/dev/null
        mapfile -t COMPREPLY < <(compgen -W "debian autotools meson cmake make python npm cargo" -- "$2"; compgen -f -X '!*.toml' -- "$2"; compgen -d -- "$2")
      else
        _assay_words "autotools meson cmake python npm cargo" "$2"
      fi
      ;;
    --vary) _assay_list "all build_path environment locale timezone time umask home user_group host domain kernel num_cpus aslr file_order shell seed" "$2" ;;
    --result) _assay_words "passed failed" "$2" ;;
    --color) _assay_words "auto always never" "$2" ;;
    --rules | --repo | --vcs | --submodule | --toolchain | --gnulib | --cache | --root-cache) _assay_files -d "$2" ;;
    -o | --output | --config | --bundle | --attestation | --signature | --keyring | --key | --allowed-signers | --trusted-root | --policy | --pass-phrase-file | --input | --proof-bundle | --regenerate-log | --rebuild-recipe | --root-sources)
      _assay_files -f "$2"
      ;;
    --limit)
      compopt -o nospace
      _assay_words "entries= entry-size= total-size= ratio= ratio-floor= nesting= path-length= path-depth= header-size= memory= time=" "$2"
      ;;
    --memory | --cache-size | --regenerate-time | --rebuild-time | --paths | --line-paths | --url | --package | --certificate-* | --principal | --name | --subject-version | --time | --verifier-id | --resource-uri | --level) COMPREPLY=() ;;
    *) return 1 ;;
  esac
}

_assay() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
  local command=${COMP_WORDS[1]-} sub=${COMP_WORDS[2]-}
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    _assay_words "check scan compare rebuild extract verify verify-proof sbom attest known rules --help --version" "$word"
    return
  fi
  local formats="text json"
  [[ $command == check || $command == scan || $command == compare || $command == rebuild ]] && formats="text json sarif markdown html"
  [[ $command == verify ]] && formats="text json html"
  [[ $command == sbom ]] && formats="cyclonedx spdx"
  [[ $command == sbom && $sub == diff ]] && formats="text json"
  _assay_value "$previous" "$word" "$formats" && return
  case $command in
    check)
      if [[ $word == -* ]]; then _assay_words "--effort --previous --submodule --regenerate --recipe --toolchain --gnulib --cache --cache-size --no-cache --regenerate-time --regenerate-log --rebuild --rebuild-recipe --rebuild-time --proof-bundle $_assay_evidence $_assay_identity $_assay_common" "$word"; else _assay_files -f "$word"; fi
      ;;
    scan)
      if [[ $word == -* ]]; then _assay_words "--effort --previous --tree $_assay_common" "$word"; else _assay_files -f "$word"; fi
      ;;
    compare)
      if [[ $word == -* ]]; then
        _assay_words "--ignore --details --diff --jobs --format --output --config --memory --limit --color --quiet --verbose --help" "$word"
      else
        _assay_files -f "$word"
      fi
      ;;
    rebuild)
      if [[ $word == -* ]]; then _assay_words "--against --buildinfo --vary --builds --jobs --recipe --root --make-root --root-sources --root-cache --work --sbom --record --builder-id --build-time --build-memory --build-disk --build-processes --network --no-trace --no-sandbox $_assay_common" "$word"; else _assay_files -f "$word"; fi
      ;;
    sbom)
      if [[ $word == -* ]]; then
        _assay_words "$([[ $sub == diff ]] && echo "--format --output --quiet --help" || echo "--format --name --subject-version --time --output --memory --limit --help")" "$word"
      else
        _assay_files -f "$word"
      fi
      ;;
    attest)
      if [[ $COMP_CWORD -eq 2 ]]; then
        _assay_words "assessment provenance sbom vsa --help" "$word"
      elif [[ $word == -* ]]; then
        _assay_words "--key --pass-phrase-file --output --result --verifier-id --resource-uri --policy --time --level --input --help" "$word"
      else
        _assay_files -f "$word"
      fi
      ;;
    extract)
      if [[ $word == -* ]]; then
        _assay_words "--output --config --memory --limit --quiet --help" "$word"
      else
        _assay_files -f "$word"
      fi
      ;;
    verify)
      if [[ $word == -* ]]; then
        _assay_words "$_assay_evidence $_assay_identity --dry-run --format --output --color --quiet --verbose --help" "$word"
      else
        _assay_files -f "$word"
      fi
      ;;
    verify-proof)
      if [[ $word == -* ]]; then _assay_words "--format --help" "$word"; else _assay_files -f "$word"; fi
      ;;
    known)
      if [[ $COMP_CWORD -eq 2 ]]; then
        _assay_words "index lookup verify --help" "$word"
      elif [[ $word != -* ]]; then
        _assay_files -f "$word"
      else
        case $sub in
          index) _assay_words "--paths --line-paths --url --package --releases --output --help" "$word" ;;
          lookup) _assay_words "--format --rules --help" "$word" ;;
          verify) _assay_words "--repo --rules --help" "$word" ;;
        esac
      fi
      ;;
    rules)
      if [[ $COMP_CWORD -eq 2 ]]; then
        _assay_words "list explain --help" "$word"
      elif [[ $word == -* ]]; then
        _assay_words "--format --color --rules --help" "$word"
      elif [[ $sub == explain ]]; then
        _assay_words "$("${COMP_WORDS[0]}" rules list --format json 2>/dev/null | sed -n 's/.*"id": "\([^"]*\)".*/\1/p')" "$word"
      fi
      ;;
  esac
}

complete -F _assay assay
