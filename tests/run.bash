# What ./check and ./demo share: packages, building, running tests, counting.
# shellcheck shell=bash

TOP=$PWD
BUILD=$TOP/build
export LAB_CACHE=$BUILD/lab-cache

say() { printf '%s\n' "$*"; }
step() { printf '== %s\n' "$*"; }
die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

need_debian_root() {
	[ "$(id -u)" -eq 0 ] || die "run it as root: it makes network namespaces and mounts of its own"
	command -v apt-get >/dev/null || die "needs a Debian system (apt-get)"
}

# --- packages

missing_packages() {
	local p
	for p in $(sed 's/#.*//' "$TOP/tests/packages"); do
		dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q ' installed$' || printf '%s ' "$p"
	done
}

# Daemons that come with the packages must not start by themselves: the lab runs its own.
apt_install() {
	local policy=/usr/sbin/policy-rc.d made= status=0
	if [ ! -e $policy ]; then
		printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && made=1
	fi
	DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends "$@" \
		>"$BUILD/apt.log" 2>&1 </dev/null || status=$?
	[ -z "$made" ] || rm -f $policy
	return $status
}

install_packages() {
	local missing
	mkdir -p "$BUILD"
	missing=$(missing_packages)
	[ -n "$missing" ] || return 0
	step "installing $(wc -w <<<"$missing") Debian packages (log: build/apt.log)"
	apt-get -q update >"$BUILD/apt.log" 2>&1 </dev/null || true
	# shellcheck disable=SC2086
	apt_install $missing || { tail -5 "$BUILD/apt.log" >&2; die "cannot install: $missing"; }
}

# The IETF's MIBs, which Debian ships in erlang-snmp only: unpacked, not installed.
fetch_ietf_mibs() {
	local dir=$BUILD/ietf-mibs
	export VCL_IETF_MIBS=$dir
	[ -e "$dir/SNMPv2-SMI.mib" ] && return 0
	rm -rf "$dir.tmp" && mkdir -p "$dir.tmp" || return 0
	(cd "$dir.tmp" && { apt-get -q download erlang-snmp ||
		{ apt-get -q update && apt-get -q download erlang-snmp; }; } &&
		dpkg -x erlang-snmp_*.deb . &&
		mkdir -p "$dir" && cp usr/lib/erlang/lib/snmp-*/mibs/*.mib "$dir/") \
		>>"$BUILD/apt.log" 2>&1 </dev/null ||
		say "   the IETF's MIBs cannot be had; the tests that need them are skipped"
	rm -rf "$dir.tmp"
}

# --- building: build_tree DIR CONFIGURE-ARGUMENT...

build_tree() {
	local dir=$BUILD/$1 log=$BUILD/$1/build.log
	shift
	mkdir -p "$dir"
	if [ ! -e configure ] || [ configure.ac -nt configure ]; then
		autoreconf -fi >"$log" 2>&1 || { tail -20 "$log" >&2; die "autoreconf failed"; }
	fi
	(
		cd "$dir" || exit 1
		[ -e Makefile ] || "$TOP/configure" -q "$@" || exit 1
		make -s -j"$(nproc)" all
	) >>"$log" 2>&1 || { grep -E 'error|warning|\*\*\*' "$log" | tail -20 >&2; die "the build failed, see $log"; }
}

# --- tests; each run leaves TAP, and TAP is what is counted

PASSED=0 FAILED=0 SKIPPED=0 SECOND_TRY=

# count_tap WHERE FILE: adds the results in FILE and prints what failed or was skipped.
count_tap() {
	local where=$1 file=$2 ok bad skip
	skip=$(grep -ciE '^(ok|1\.\.0).*# *skip' "$file")
	ok=$(grep -cE '^ok' "$file")
	ok=$((ok - $(grep -ciE '^ok.*# *skip' "$file")))
	bad=$(grep -cE '^(not ok|Bail out)' "$file")
	grep -E '^(not ok|Bail out)' "$file" | sed "s|^|   $where: |"
	grep -iE '^(ok|1\.\.0).*# *skip' "$file" | sed "s|^|   $where: |"
	if [ $((ok + bad + skip)) -eq 0 ]; then
		say "   $where: ended without a result (see $file)"
		bad=1
	fi
	PASSED=$((PASSED + ok)) FAILED=$((FAILED + bad)) SKIPPED=$((SKIPPED + skip))
}

run_unit() {
	local dir=$BUILD/$1 log beside=1
	[ "$1" != check ] || beside=$(nproc) # under a sanitizer each has the machine to itself
	step "unit tests ($1)"
	rm -f "$dir"/tests/unit/*.log
	make -s -C "$dir" -j"$(nproc)" check TESTS= >>"$dir/build.log" 2>&1 || {
		grep -E 'error|\*\*\*' "$dir/build.log" | tail -20 >&2
		die "the tests do not build, see $dir/build.log"
	}
	make -s -C "$dir" -j"$beside" check >"$dir/unit.out" 2>&1
	for log in "$dir"/tests/unit/test_*.log; do
		count_tap "$(basename "$log" .log)" "$log"
		! grep -qE 'ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer|runtime error:' "$log" || {
			say "   $(basename "$log" .log): a sanitizer complains, see $log"
			FAILED=$((FAILED + 1))
		}
	done
}

run_bats() { # FILE
	bats --formatter tap --timing "$1" >"$VCL_BUILD/integration/$(basename "$1" .bats).tap" 2>&1 </dev/null
}

# Two files at a time, each with a lab of its own: they wait more than they work.  The first
# one alone, for it fills the lab's cache, and those that say so.
run_all_bats() {
	local file
	run_bats "$1"
	shift
	for file in "$@"; do
		is_marked "$file" alone && continue
		[ "$(jobs -rp | wc -l)" -lt 2 ] || wait -n
		run_bats "$file" &
	done
	wait
	for file in "$@"; do
		! is_marked "$file" alone || run_bats "$file"
	done
}

# A file of tests may say "# alone: WHY", "# plain build only: WHY" or "# long only: WHY".
is_marked() { grep -q "^# $2: " "$1"; }

# all_files LONG: where nobody has named some
all_files() {
	local file
	for file in "$TOP"/tests/integration/*.bats; do
		[ -z "$1" ] && is_marked "$file" 'long only' || printf '%s\n' "$file"
	done
}

for_sanitizers() {
	local file
	for file in "$@"; do
		is_marked "$file" 'plain build only' || printf '%s\n' "$file"
	done
}

# What a sanitizer, GLib or a crash has to say; log_is_clean puts it into the TAP.
COMPLAINTS='Sanitizer|runtime error:|CRITICAL|assertion|Segmentation|Aborted'

# With --sanitize a file in which something failed without such a complaint is run again
# alone: beside another lab and for an hour and more, a machine may only have been too slow.
# What failed at first is told all the same ("run again alone"): it is worth a look, for an
# error that shows only now and then looks like that, too.  Without --sanitize, no second try.
repeat_slow_ones() {
	local file tap
	for file in "$@"; do
		tap=$VCL_BUILD/integration/$(basename "$file" .bats).tap
		grep -q '^not ok' "$tap" || continue
		! grep -qE "$COMPLAINTS" "$tap" || continue
		cp "$tap" "$tap.first"
		grep '^not ok' "$tap" | sed "s|^|   $(basename "$file" .bats), run again alone: |"
		grep -A12 '^not ok' "$tap" | grep '^#' | sed 's|^|      |'
		run_bats "$file"
	done
}

run_integration() {
	local dir=$BUILD/$1 file name
	shift
	step "integration tests ($(basename "$dir"))"
	export VCL_BUILD=$dir
	mkdir -p "$dir/integration"
	run_all_bats "$@"
	[ -z "$SECOND_TRY" ] || repeat_slow_ones "$@"
	for file in "$@"; do
		name=$(basename "$file" .bats)
		count_tap "$name" "$dir/integration/$name.tap"
		grep -A12 '^not ok' "$dir/integration/$name.tap" | grep '^#' | sed 's|^|      |'
	done
}

# --- what is there before and must be there after, no more

traces() {
	ip netns list 2>/dev/null | awk '{ print "namespace", $1 }'
	awk '{ print "mount", $5 }' /proc/self/mountinfo | grep -v ' /proc/' | sort
	ip -o link 2>/dev/null | awk -F': ' '{ sub(/@.*/, "", $2); print "link", $2 }'
	find /sys/fs/cgroup -maxdepth 2 -name 'vcl-*' -printf 'cgroup %p\n' 2>/dev/null
	find /tmp /var/tmp -maxdepth 1 -name 'vcl*' -printf 'file %p\n' 2>/dev/null
	losetup -n -O NAME,BACK-FILE 2>/dev/null | awk '{ print "loop device", $1, $2 }'
	ps -eo comm= | grep -E '^(libvirtd|qemu-system|snmpd|snmptrapd|rrdcached|virtcluster|corosync|pacemaker)' | sort | uniq -c | sed 's/^/process/'
}

check_traces() {
	local left
	left=$(diff <(printf '%s\n' "$1" | sort) <(traces | sort) | grep '^>' || true)
	if [ -n "$left" ]; then
		say "   left behind: $left"
		FAILED=$((FAILED + 1))
	else
		PASSED=$((PASSED + 1))
	fi
}

run_check() {
	local sanitize= long= before suppressions=
	local -a files=()
	while [ $# -gt 0 ]; do
		case $1 in
		--sanitize) sanitize=1 SECOND_TRY=1 ;;
		--long) long=1 ;;
		-h | --help) sed -n '2,/^set/{s/^# \{0,1\}//;/^set/d;p}' "$TOP/check"; exit 0 ;;
		*.bats) [ -e "$1" ] || die "no such test: $1"; files+=("$1") ;;
		*) die "unknown argument $1 (known: --sanitize, --long, FILE.bats)" ;;
		esac
		shift
	done
	[ ${#files[@]} -gt 0 ] || mapfile -t files < <(all_files "$long")
	[ -z "$long" ] || export VCL_LONG=1
	need_debian_root
	install_packages
	fetch_ietf_mibs
	before=$(traces)
	step "building"
	build_tree check --enable-werror
	run_unit check
	run_integration check "${files[@]}"
	if [ -n "$sanitize" ]; then
		# where the lab's daemon, which is not root, can read them: this tree may be below /root
		suppressions=$(mktemp -d /tmp/vclXXXXXX)
		chmod 755 "$suppressions" && cp "$TOP"/tests/*.supp "$suppressions/"
		export ASAN_OPTIONS=detect_stack_use_after_return=1
		export LSAN_OPTIONS=suppressions=$suppressions/lsan.supp:print_suppressions=0
		export G_SLICE=always-malloc # or the sanitizers see memory change hands inside GLib
		export UBSAN_OPTIONS=print_stacktrace=1
		export TSAN_OPTIONS=ignore_noninstrumented_modules=1:second_deadlock_stack=1:suppressions=$suppressions/tsan.supp
		for kind in asan tsan; do
			step "building ($kind)"
			if [ $kind = asan ]; then
				build_tree asan --enable-werror --enable-sanitizers=address,undefined
			else
				build_tree tsan --enable-werror --enable-sanitizers=thread
			fi
			run_unit $kind
			mapfile -t files < <(for_sanitizers "${files[@]}")
			[ ${#files[@]} -eq 0 ] || run_integration $kind "${files[@]}"
		done
	fi
	[ -z "$suppressions" ] || rm -rf "$suppressions"
	step "looking for leftovers"
	check_traces "$before"
	say "$PASSED passed, $FAILED failed, $SKIPPED skipped"
	[ "$FAILED" -eq 0 ]
}
