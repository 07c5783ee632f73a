# Storage pools: a directory, or a small file system of its own that can really be full.
# shellcheck shell=bash

pool_usage() {
	cat <<'USAGE'
usage: lab pool HOST NAME [OPTION...]
  --dir PATH    a directory on the host (default /srv/local/NAME; below /srv/shared all see it)
  --loop SIZE   an ext4 file system of that size, on a loop device
  --no-start    define only
USAGE
}

# Loop devices belong to the machine, not to a host: they are noted, and undone by `lab down`.
attach_loop() { # HOST FILE
	local device
	device=$(losetup --find --show "$2") || die "pool: no loop device for $2"
	echo "$device $2" >>"$(host_dir "$1")/loops"
	echo "$device"
}

# Only what is still ours; one that a dying namespace has mounted goes when that is gone.
detach_loops() {
	local device file
	while read -r device file; do
		for _ in $(seq 40); do
			[ "$(losetup -n -O BACK-FILE "$device" 2>/dev/null)" = "$file" ] || break
			losetup -d "$device" 2>/dev/null
			sleep 0.05
		done
	done < <(cat "$(host_dir "$1")/loops" 2>/dev/null)
}

define_loop_pool() { # HOST NAME SIZE
	local image device
	image=$(host_dir "$1")/local/$2.img
	truncate -s "$3" "$image" && mkfs.ext4 -q -F -m 0 "$image" || exit 1
	device=$(attach_loop "$1" "$image") || exit 1
	verb_virsh "$1" pool-define-as "$2" fs --source-dev "$device" --target "/srv/local/$2" >/dev/null || exit 1
}

verb_pool() {
	[ "${1:-}" != --help ] || { pool_usage; return; }
	need_live_host "$@"
	[ -n "${2:-}" ] || die "pool: what name? (lab pool --help)"
	local host=$1 name=$2 path=/srv/local/$2 loop='' no_start=
	shift 2
	while [ $# -gt 0 ]; do
		case $1 in
		--dir) path=${2:?} && shift ;;
		--loop) loop=${2:?} && shift ;;
		--no-start) no_start=1 ;;
		*) die "pool: unknown option $1 (lab pool --help)" ;;
		esac
		shift
	done
	in_host "$host" mkdir -p "$path"
	if [ -n "$loop" ]; then
		define_loop_pool "$host" "$name" "$loop"
	else
		verb_virsh "$host" pool-define-as "$name" dir --target "$path" >/dev/null || exit 1
	fi
	[ -n "$no_start" ] || verb_virsh "$host" pool-start "$name" >/dev/null || exit 1
}
