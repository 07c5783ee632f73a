# What the tests of the web page share.
# shellcheck shell=bash

# shellcheck source=tests/lab/pids.bash
. "$TOP/tests/lab/pids.bash"

# A test that fails has no time to stop what it has started: web_end does.
remember_pid() { note_pid "$LAB_DIR/web-$1.pid" "$1"; }
web_end() {
	local file pid
	for file in "$LAB_DIR"/web-*.pid; do
		pid=$(live_pid "$file" 2>/dev/null) || continue
		kill "$pid"
		while live_pid "$file" >/dev/null 2>&1; do sleep 0.1; done
	done
}

# web_start OPTION...: the page before the lab's daemon, as nobody; $WEB is its address.
web_start() {
	local log=$LAB_DIR/stack/web.log i
	: >"$log"
	chmod 666 "$log"
	setsid setpriv --reuid nobody --regid nogroup --clear-groups \
		"$VCL_BUILD/virtcluster-web" --socket "$VCL_SOCKET" --listen 127.0.0.1:0 "$@" \
		</dev/null >>"$log" 2>&1 3>&- &
	WEB_PID=$!
	export WEB_PID
	remember_pid "$WEB_PID"
	for ((i = 0; i < 200 * SLOW; i++)); do
		WEB=http://127.0.0.1:$(sed -n 's/.* listens on .*port \([0-9]*\),.*/\1/p' "$log")
		[ "$WEB" = http://127.0.0.1: ] || break
		sleep 0.1
	done
	export WEB
	[ "$WEB" != http://127.0.0.1: ]
}

web_stop() {
	[ -z "${WEB_PID:-}" ] || kill "$WEB_PID" 2>/dev/null
	while kill -0 "${WEB_PID:-0}" 2>/dev/null && [ -n "${WEB_PID:-}" ] &&
		[ -e "/proc/$WEB_PID/exe" ]; do sleep 0.1; done
}

# Never by a proxy: it is this machine.
fetch() { curl -sS --noproxy '*' --max-time 60 "$@"; }
page() { fetch "$WEB$1"; }
# status PATH [CURL-OPTION...]
status() {
	local path=$1
	shift
	fetch -o /dev/null -w '%{http_code}' --path-as-is "$@" "$WEB$path"
}
header() { fetch -I "$WEB$1" | tr -d '\r' | sed -n "s/^$2: //p"; }
shows() { page "$1" | grep -F -- "$2" >/dev/null; }
uuid_of() { lab virsh "$1" domuuid "$2" | head -1; }
# lacks PATTERN PATH [CURL-OPTION...]
lacks() {
	local pattern=$1 path=$2
	shift 2
	fails grep -qE -- "$pattern" <(fetch "$@" "$WEB$path")
}
