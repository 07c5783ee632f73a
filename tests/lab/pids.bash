# Processes that the lab started, each in a file as "PID START".  START tells it from
# another process that has got the number since: files outlive a reboot, processes do not.
# shellcheck shell=bash

# When that process started, in clock ticks since boot; nothing if there is none.
start_of() {
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
	awk '{ print $20 }' <<<"${stat##*) }" # the name, in parentheses, may hold anything
}

note_pid() { echo "$2 $(start_of "$2")" >"$1"; }

# Prints the pid noted in that file if it is still that process.
live_pid() {
	local pid start
	read -r pid start 2>/dev/null <"$1" || return 1
	[ -n "$start" ] && [ "$(start_of "$pid")" = "$start" ] && echo "$pid"
}
