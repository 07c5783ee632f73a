# What the OCF resource agents of virtcluster share: one process, started, found again, ended.
# A process is its number and when it was started: numbers come back, and files outlive both.
# shellcheck shell=sh

# When that process was started, in clock ticks since boot; nothing if there is none.  What the
# program is called, in parentheses, may hold anything.
process_start() {
	sed -n 's/^.*) //p' "/proc/$1/stat" 2>/dev/null | {
		# shellcheck disable=SC2034
		read -r state a b c d e f g h i j k l m n o p q r start rest &&
			[ "$state" != Z ] && [ "$state" != X ] && echo "$start"
	}
}

# process_note FILE PID
process_note() { echo "$2 $(process_start "$2")" >"$1"; }

# Prints the number of the process that is noted in that file, if it is still that one.
process_noted() {
	[ -r "$1" ] && read -r process_pid process_started <"$1" || return 1
	process_is "$process_pid" "$process_started" && echo "$process_pid"
}

# process_is PID START
process_is() { [ -n "$2" ] && [ "$(process_start "$1")" = "$2" ]; }

# Seconds that the action has, of Pacemaker's time-out in ms; process_seconds DEFAULT
process_seconds() { echo $((${OCF_RESKEY_CRM_meta_timeout:-$(($1 * 1000))} / 1000)); }

# process_end PID SECONDS: asks it to end, cuts it off when two thirds of the time are over, and
# returns when it is gone.  Fails when it cannot be ended.
process_end() {
	process_began=$(process_start "$1")
	process_left=$(($2 * 10))
	process_patience=$((process_left / 3))
	kill -TERM "$1" 2>/dev/null
	while process_is "$1" "$process_began"; do
		process_left=$((process_left - 1))
		[ "$process_left" -gt 0 ] || return 1
		if [ "$process_left" -eq "$process_patience" ]; then
			ocf_log warn "process $1 does not end: it is killed"
			kill -KILL "$1" 2>/dev/null
		fi
		sleep 0.1
	done
}

# Runs the words as that user, in his groups; as root that needs setpriv (util-linux).
process_as() {
	process_user=$1
	shift
	if [ "$(id -un)" = "$process_user" ]; then
		"$@"
	else
		setpriv --reuid "$process_user" --regid "$(id -g "$process_user")" --init-groups -- "$@"
	fi
}

# process_launch USER LOG COMMAND...: in a session of its own, its output in the log, or in the
# journal when LOG is empty and there is one.  Its number is in process_pid.
process_launch() {
	process_user=$1 process_log=$2
	shift 2
	if [ -z "$process_log" ] && [ -S /run/systemd/journal/stdout ]; then
		set -- systemd-cat -t "${1##*/}" "$@"
	fi
	if [ "$(id -un)" != "$process_user" ]; then
		set -- setpriv --reuid "$process_user" --regid "$(id -g "$process_user")" \
			--init-groups -- "$@"
	fi
	# Pacemaker waits for whoever has its descriptors.
	setsid "$@" </dev/null >>"${process_log:-/dev/null}" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
	process_pid=$!
}
