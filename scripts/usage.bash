# Sourced by the scripts beside it. --help prints the comment at a script's head, on stdout; a wrong use is one sentence
# on stderr and exit 2, a failure one and exit 1.

script=$(basename "$0")
script_file=$(realpath "$0")

show_help() {
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$script_file"
  exit 0
}
bad_usage() {
  echo "$script: $*; see scripts/$script --help" >&2
  exit 2
}
fail() {
  echo "$script: $*" >&2
  exit 1
}
# For a script without arguments.
no_arguments() {
  case ${1:-} in
  -h | --help) show_help ;;
  '') [ $# -eq 0 ] || bad_usage 'unknown argument ""' ;;
  *) bad_usage "unknown argument $1" ;;
  esac
}
# free_port FROM: the first port of 127.0.0.1 from there on that nobody listens on.
free_port() {
  local port
  for port in $(seq "$1" $(($1 + 200))); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
  fail "no port of 127.0.0.1 is free from $1 to $(($1 + 200))"
}
