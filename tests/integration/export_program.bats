# virtcluster-export by hand, with the real qemu-nbd: no libvirt, loopback only.
# plain build only: the sanitizers have nothing to add to qemu-nbd
load helpers

setup_file() {
	DIR=$(mktemp -d /tmp/vclXXXXXX)
	ADDR=127.$((RANDOM % 250 + 1)).$((RANDOM % 250 + 1)).7 # of this run alone
	RECORDS=$DIR/state
	TLS=
	FIRST=10900
	export DIR ADDR RECORDS TLS FIRST LC_ALL=C.UTF-8
	mkfifo "$DIR/silence"
	truncate -s 8M "$DIR/a.raw" "$DIR/b.raw" "$DIR/c.raw"
	qemu-img create -q -f qcow2 "$DIR/d.qcow2" 16M
}

teardown() { end_others; }

teardown_file() {
	local server
	for server in $(servers); do kill -9 "$server"; done
	rm -rf "$DIR"
}

# --- the program

# exporter VERB: with the request on standard input
exporter() {
	"$VCL_BUILD/virtcluster-export" --state "$RECORDS" --address "$ADDR" --ports "$FIRST-10999" \
		--interval 2 ${TLS:+--tls "$TLS"} "$@"
}

# request VOLUME PATH [FORMAT [READ-ONLY [NAME]]]
request() {
	jq -cn --arg v "$1" --arg p "$2" --arg f "${3-raw}" --argjson r "${4-false}" --arg n "${5-$1}" \
		'{volume: $v, name: $n, path: $p, format: $f, read_only: $r}'
}
start() { request "$@" | exporter start; }
stop() { jq -cn --arg v "$1" --argjson f "${2-false}" '{volume: $v, force: $f}' | exporter stop; }
stop_all() {
	local volume
	exporter list | jq -r '.exports[].volume' | while IFS= read -r volume; do stop "$volume" true; done
}

# of VOLUME KEY
of() { exporter list | jq -r --arg v "$1" ".exports[] | select(.volume == \$v) | .$2"; }
of_is() { [ "$(of "$1" "$2")" = "$3" ]; }
exported() { exporter list | jq '.exports | length'; }
record_of() { echo "$RECORDS/$(printf %s "$1" | sha256sum | cut -c1-64).json"; }
pid_of() { jq .pid "$(record_of "$1")"; }
port_of() { jq .port "$(record_of "$1")"; }
files() { find "$RECORDS" -type f ! -name lock | sort; }

# all that listen at this run's address, whatever the records say
servers() { pgrep -f -- "^qemu-nbd .*--bind=$ADDR " || true; }

# refused SENTENCE COMMAND...: status 1, one line on standard error and nothing else
refused() {
	local sentence=$1 status=0
	shift
	"$@" >"$DIR/out" 2>"$DIR/err" || status=$?
	cat "$DIR/err"
	[ $status -eq 1 ] && [ "$(wc -l <"$DIR/err")" -eq 1 ] && [ ! -s "$DIR/out" ] &&
		grep -F -- "$sentence" "$DIR/err" >/dev/null
}

# --- others

# client URI: stays connected, for its standard input neither says anything nor ends
client() {
	qemu-io -r -f raw "$1" <>"$DIR/silence" >/dev/null 2>&1 3>&- &
	OTHERS+=($!)
}
end_others() {
	local pid
	for pid in "${OTHERS[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" || true
	done
	OTHERS=()
}
OTHERS=()

# listener PORT: somebody else's
listener() {
	python3 -c "
import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('$ADDR', $1)); s.listen(1); time.sleep(1000)" 3>&- &
	OTHERS+=($!)
	within 10 grep -qi "$(printf ':%04X 00000000:0000 0A' "$1")" /proc/net/tcp
}

@test "started: the volume is read and written through its URI" {
	local uri
	start pool/a "$DIR/a.raw" | tee "$DIR/object"
	uri=$(jq -r .uri "$DIR/object")
	[ "$uri" = "nbd://$ADDR:10900/pool/a" ]
	jq -e --arg p "$DIR/a.raw" '.volume == "pool/a" and .name == "pool/a" and .path == $p and
		.format == "raw" and .read_only == false and .tls == false and .clients == 0 and
		.state == "serving" and .reason == "" and (now - .since) < 60 and (keys | length) == 11' "$DIR/object"
	qemu-img info "$uri" | grep -F "8 MiB"
	qemu-io -f raw -c "write -P 0x5a 1M 64k" "$uri"
	qemu-io -f raw -c "read -P 0x5a 1M 64k" "$uri"
	fails qemu-io -f raw -c "read -P 0x5b 1M 64k" "$uri"
	[ "$(od -An -tx1 -j1048576 -N2 "$DIR/a.raw")" = " 5a 5a" ]
	[ "$(stat -c %a "$RECORDS")" = 700 ]
	[ "$(stat -c %a "$(record_of pool/a)")" = 600 ]
}

@test "a read-only one cannot be written, and is of another format" {
	local uri
	start ro "$DIR/d.qcow2" qcow2 true
	uri=$(of ro uri)
	qemu-img info "$uri" | grep -F "16 MiB"
	fails qemu-io -f raw -c "write 0 64k" "$uri"
}

@test "the server has a session of its own, and nothing of ours" {
	local pid
	pid=$(pid_of pool/a)
	[ "$(ps -o sid= -p "$pid" | tr -d ' ')" = "$pid" ]
	[ "$(readlink "/proc/$pid/fd/0")" = /dev/null ]
	[ "$(readlink "/proc/$pid/fd/1")" = /dev/null ]
	ls -l "/proc/$pid/fd" >"$DIR/fds"
	fails grep -F "$RECORDS/lock" "$DIR/fds"
	[ "$(readlink "/proc/$pid/cwd")" = / ]
}

@test "started again: it is as it is; otherwise than it is: refused" {
	local before
	before=$(start pool/a "$DIR/a.raw")
	[ "$before" = "$(start pool/a "$DIR/a.raw")" ]
	refused "is exported from $DIR/a.raw, not from $DIR/b.raw" start pool/a "$DIR/b.raw"
	refused '"pool/a" is exported for writing, not read-only' start pool/a "$DIR/a.raw" raw true
	refused '"pool/a" is exported as raw, not as qcow2' start pool/a "$DIR/a.raw" qcow2
	refused '"pool/a" is exported under the name "pool/a"' start pool/a "$DIR/a.raw" raw false other
	TLS=$DIR refused '"pool/a" is served without TLS' start pool/a "$DIR/a.raw"
	[ "$before" = "$(start pool/a "$DIR/a.raw")" ]
}

@test "one file is not exported twice, but for reading" {
	ln -s "$DIR/a.raw" "$DIR/link"
	refused "$DIR/link: exported as \"pool/a\" already" start other "$DIR/link"
	start ro2 "$DIR/d.qcow2" qcow2 true
	stop ro2
}

@test "stop is refused while there are clients, and not by force" {
	local uri
	uri=$(of pool/a uri)
	client "$uri"
	within 10 of_is pool/a clients 1
	refused '"pool/a" has 1 client, which would lose a disk' stop pool/a
	client "$uri"
	within 10 of_is pool/a clients 2
	refused '"pool/a" has 2 clients' stop pool/a
	of_is pool/a state serving
	stop pool/a true
	[ -z "$(of pool/a state)" ]
	fails qemu-img info "$uri"
	refused '"pool/a" is not exported' stop pool/a
	stop ro
	[ -z "$(files)" ]
	[ -z "$(servers)" ]
}

@test "a server that does not end: an error, and by force it ends nevertheless" {
	local pid
	start pool/a "$DIR/a.raw"
	pid=$(pid_of pool/a)
	kill -STOP "$pid"
	refused "the server of \"pool/a\" (pid $pid) does not end" stop pool/a
	[ -e "$(record_of pool/a)" ]
	stop pool/a true
	[ -z "$(servers)" ]
	[ -z "$(files)" ]
}

watched() { tail -1 "$DIR/watch" | jq -e "$1"; }

@test "watch: what starts, who comes, what is killed, what stops" {
	local watcher killed
	"$VCL_BUILD/virtcluster-export" --state "$RECORDS" --interval 2 watch >"$DIR/watch" 3>&- &
	watcher=$!
	within 10 watched '.exports == []'
	watched '.version | length > 0'
	start w "$DIR/b.raw"
	within 2 watched '.exports[0].state == "serving"'
	client "$(of w uri)"
	within 5 watched '.exports[0].clients == 1'
	kill -9 "$(pid_of w)"
	killed=$(now_ms)
	within 2 watched '.exports[0].state == "ended" and (.exports[0].reason | contains("has ended"))'
	echo "told after $(($(now_ms) - killed)) ms"
	sleep 5
	[ "$(wc -l <"$DIR/watch")" -ge 6 ] # at each interval
	[ "$(wc -l <"$DIR/watch")" -le 30 ]
	stop w
	within 2 watched '.exports == []'
	kill "$watcher"
	within 5 fails kill -0 "$watcher"
}

@test "watch ends when nobody reads it" {
	local watcher
	mkfifo "$DIR/fifo"
	"$VCL_BUILD/virtcluster-export" --state "$RECORDS" --interval 3600 watch >"$DIR/fifo" 3>&- &
	watcher=$!
	head -1 "$DIR/fifo" | jq -e '.exports == []'
	within 5 fails kill -0 "$watcher"
	wait "$watcher"
}

@test "restore and start: what has ended comes back at its port" {
	local a b
	start a "$DIR/a.raw" && start b "$DIR/b.raw" && start c "$DIR/c.raw"
	[ "$(port_of a) $(port_of b) $(port_of c)" = "10900 10901 10902" ]
	a=$(pid_of a) b=$(pid_of b)
	client "$(of b uri)"
	within 10 of_is b clients 1
	kill -9 "$b" "$(pid_of c)"
	within 5 of_is c state ended
	FIRST=10950 exporter restore
	of_is b state serving
	of_is c state serving
	[ "$(pid_of a)" = "$a" ]
	[ "$(pid_of b)" != "$b" ]
	kill -9 "$(pid_of b)"
	within 5 of_is b state ended
	FIRST=10950 start b "$DIR/b.raw"
	[ "$(port_of a) $(port_of b) $(port_of c)" = "10900 10901 10902" ]
	qemu-img info "$(of b uri)"
}

@test "restore tells what it cannot, and goes on" {
	kill -9 "$(pid_of a)" "$(pid_of b)" "$(pid_of c)"
	within 5 of_is c state ended
	mv "$DIR/b.raw" "$DIR/away"
	cp -p "$(record_of b)" "$DIR/before"
	refused "cannot restore \"b\": $DIR/b.raw: No such file" exporter restore
	of_is a state serving
	of_is b state ended
	of_is c state serving
	cmp "$DIR/before" "$(record_of b)"
	mv "$DIR/away" "$DIR/b.raw"
	exporter restore
	of_is b state serving
}

@test "an old port that somebody else has: another one" {
	kill -9 "$(pid_of b)"
	within 5 of_is b state ended
	listener 10901
	exporter restore
	of_is b state serving
	[ "$(port_of b)" -eq 10903 ]
	qemu-img info "$(of b uri)"
	stop_all
	[ -z "$(servers)" ]
}

@test "ports that others have are passed over; none is left: refused" {
	listener 10900
	start a "$DIR/a.raw"
	[ "$(port_of a)" -eq 10901 ]
	FIRST=10999 start b "$DIR/b.raw"
	FIRST=10999 refused "no port from 10999 to 10999 is free" start c "$DIR/c.raw"
	[ "$(exported)" -eq 2 ]
	ADDR=192.0.2.7 refused "cannot listen at 192.0.2.7 port 10900: Cannot assign" start c "$DIR/c.raw"
	stop_all
	[ -z "$(files)" ]
}

@test "starts at once: one server for a volume, a port for each" {
	local i
	for i in 1 2 3 4; do start a "$DIR/a.raw" >"$DIR/once.$i" 3>&- & done
	start b "$DIR/b.raw" >"$DIR/once.b" 3>&- &
	start c "$DIR/c.raw" >"$DIR/once.c" 3>&- &
	wait
	[ "$(sort -u "$DIR"/once.[1-4] | wc -l)" -eq 1 ]
	[ "$(cat "$DIR"/once.* | jq -r .uri | sort -u | wc -l)" -eq 3 ]
	[ "$(servers | wc -l)" -eq 3 ]
	stop_all
}

@test "odd names and identities" {
	local name
	# shellcheck disable=SC1003,SC2016
	for name in 'a b' '"' ',' '%41' $'\u00fcn\u00efc\u00f6de' '../x' '-r' '--help' 'a/b//' '?#&;' "it's" '$(id)' '\'; do
		echo "$name"
		start "$name" "$DIR/a.raw"
		[ "$(of "$name" name)" = "$name" ]
		qemu-io -r -f raw -c "read 0 512" "$(of "$name" uri)"
		fails qemu-io -r -f raw -c "read 0 512" "nbd://$ADDR:10900/other"
		stop "$name"
	done
	[ -z "$(files)" ]
}

@test "odd paths are files and nothing else" {
	local name
	for name in 'a,b=c' 'nbd:localhost:1' 'json:{}' 'x y"' '%41' $'\u00fc' 'file:x' "-"; do
		echo "$name"
		cp "$DIR/c.raw" "$DIR/$name"
		printf '%s' "$name" | dd of="$DIR/$name" conv=notrunc status=none
		start odd "$DIR/$name"
		qemu-img dd -O raw bs=512 count=1 "if=$(of odd uri)" "of=$DIR/read"
		[ "$(head -c "$(printf '%s' "$name" | wc -c)" "$DIR/read")" = "$name" ]
		stop odd
	done
}

@test "only below some directories, links followed" {
	mkdir -p "$DIR/in" "$DIR/into"
	truncate -s 1M "$DIR/in/x.raw" "$DIR/into/x.raw"
	ln -s "$DIR/into/x.raw" "$DIR/in/link.raw"
	ln -s "$DIR/in" "$DIR/way"
	below() { request below "$1" | exporter "${@:2}" start; }
	refused "not below a directory" below "$DIR/into/x.raw" --below "$DIR/in"
	refused "not below a directory" below "$DIR/in/../into/x.raw" --below "$DIR/in"
	refused "not below a directory" below "$DIR/in/link.raw" --below "$DIR/in"
	refused "not below a directory" below "$DIR/in/x.raw" --below "$DIR/not-there"
	below "$DIR/in/x.raw" --below "$DIR/not-there" --below "$DIR/way"
	stop below
}

@test "a block device" {
	local device
	device=$(losetup --find --show "$DIR/c.raw") || skip "no loop device"
	start dev "$device"
	qemu-img info "$(of dev uri)" | grep -F "8 MiB"
	ln -s "$device" "$DIR/device"
	refused "exported as \"dev\" already" start dev2 "$DIR/device"
	stop dev
	losetup -d "$device"
}

@test "IPv6" {
	ip -6 addr show dev lo | grep -q ::1 || skip "no IPv6"
	ADDR=::1 start six "$DIR/a.raw"
	[ "$(of six uri)" = "nbd://[::1]:10900/six" ]
	client "$(of six uri)"
	within 10 of_is six clients 1
	refused "has 1 client" stop six
	stop six true
}

# certificate NAME CA [SUBJECT-ALT-NAME]: a directory with what qemu wants, signed by that authority
certificate() {
	local name=$1 ca=$DIR/$2 dir=$DIR/tls,$1
	mkdir -p "$dir"
	openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout "$dir/$name-key.pem" -out "$dir/csr" 2>/dev/null
	openssl x509 -req -in "$dir/csr" -days 3 -CA "$ca.pem" -CAkey "$ca.key" -CAcreateserial \
		-extfile <(echo "subjectAltName=${3-DNS:$name}") -out "$dir/$name-cert.pem" 2>/dev/null
	cp "$DIR/ca.pem" "$dir/ca-cert.pem" # whom it trusts
}
authority() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 3 -subj "/CN=$1" -keyout "$DIR/$1.key" -out "$DIR/$1.pem" 2>/dev/null
}
# tls_info DIRECTORY: as a client with its certificate, if it has one
tls_info() {
	qemu-img info --object "tls-creds-x509,id=t,endpoint=client,dir=${1//,/,,}" \
		--image-opts "driver=nbd,host=$ADDR,port=$(port_of secret),export=secret,tls-creds=t"
}

@test "TLS: by certificates of both sides, or not at all" {
	authority ca && authority foreign
	certificate server ca "IP:$ADDR"
	certificate client ca
	mv "$DIR/tls,client" "$DIR/tls,good"
	certificate client foreign
	mkdir "$DIR/tls,none"
	cp "$DIR/ca.pem" "$DIR/tls,none/ca-cert.pem"
	TLS="$DIR/tls,server" start secret "$DIR/a.raw"
	of_is secret tls true
	of_is secret uri "nbds://$ADDR:10900/secret"
	tls_info "$DIR/tls,good"
	fails tls_info "$DIR/tls,none"
	fails tls_info "$DIR/tls,client"
	fails qemu-img info "nbd://$ADDR:10900/secret"
	refused '"secret" is served with TLS' start secret "$DIR/a.raw"
	kill -9 "$(pid_of secret)"
	within 5 of_is secret state ended
	exporter restore # with what it had
	tls_info "$DIR/tls,good"
	fails tls_info "$DIR/tls,none"
	stop secret
	TLS="$DIR/tls,none" refused "server-cert.pem" start secret "$DIR/a.raw"
	TLS="$DIR/nowhere" refused "nowhere" start secret "$DIR/a.raw"
	[ -z "$(files)" ]
}

@test "an image that another writes: qemu's sentence, and nothing is left" {
	local vm
	qemu-system-x86_64 -S -display none -nodefaults -machine pc,accel=tcg -m 32 \
		-drive "if=virtio,format=raw,file=$DIR/a.raw" -qmp "unix:$DIR/qmp,server,nowait" 3>&- &
	vm=$!
	OTHERS+=("$vm")
	within 30 test -S "$DIR/qmp"
	refused 'qemu-nbd: Failed to' start used "$DIR/a.raw"
	grep -F 'lock; Is another process using the image' "$DIR/err"
	[ -z "$(files)" ]
	[ -z "$(servers)" ]
	end_others
	# one that was exported before keeps its record
	start used "$DIR/a.raw"
	kill -9 "$(pid_of used)"
	within 5 of_is used state ended
	cp -p "$(record_of used)" "$DIR/before"
	rm "$DIR/a.raw" && mkdir "$DIR/a.raw"
	refused "$DIR/a.raw: neither a file nor a block device" start used "$DIR/a.raw"
	cmp "$DIR/before" "$(record_of used)"
	rmdir "$DIR/a.raw" && truncate -s 8M "$DIR/a.raw"
	stop used
}

@test "what is no image, and what is no file" {
	refused "qemu-nbd: Failed to blk_new_open '$DIR/b.raw': Image is not in qcow2 format" start x "$DIR/b.raw" qcow2
	refused "$DIR/nowhere: No such file or directory" start x "$DIR/nowhere"
	refused "$DIR: neither a file nor a block device" start x "$DIR"
	refused "/dev/null: neither a file nor a block device" start x /dev/null
	refused "fifo: neither a file nor a block device" start x "$DIR/fifo"
	[ -z "$(files)" ]
}

@test "killed while it starts: no server that no record tells of" {
	local i server
	for i in 0 1 2 3 4 5 6 7 8 9; do
		request k "$DIR/b.raw" >"$DIR/request"
		exporter start <"$DIR/request" >/dev/null 2>&1 3>&- &
		sleep "0.0$i"
		kill -9 $! 2>/dev/null || true
		wait $! || true
		for server in $(servers); do [ "$server" = "$(pid_of k)" ]; done
		[ $((i % 3)) -ne 0 ] || start k "$DIR/b.raw" >/dev/null
		[ $((i % 3)) -ne 1 ] || [ ! -e "$(record_of k)" ] || stop k
		sleep 0.2
		[ "$(servers | wc -l)" -le 1 ]
	done
	start k "$DIR/b.raw"
	qemu-img info "$(of k uri)"
	stop k
	files
	[ -z "$(servers)" ]
	[ -z "$(files)" ]
}

@test "one whose start was cut off at the end is whole when it is started again" {
	local record
	start cut "$DIR/b.raw"
	record=$(record_of cut)
	jq -c '.confirmed = false' "$record" >"$DIR/cut" && cat "$DIR/cut" >"$record"
	of_is cut state serving
	start cut "$DIR/b.raw"
	jq -e .confirmed "$record"
	kill -9 "$(pid_of cut)"
	within 5 of_is cut state ended
	jq -c '.confirmed = false' "$record" >"$DIR/cut" && cat "$DIR/cut" >"$record"
	[ "$(exported)" -eq 0 ]
	exporter restore
	[ "$(exported)" -eq 0 ]
	start cut "$DIR/b.raw"
	stop cut
}

@test "it outlives the process group that started it" {
	request g "$DIR/b.raw" >"$DIR/request"
	# shellcheck disable=SC2016
	setsid bash -c '"$0" --state "$1" --address "$2" start <"$3" >/dev/null; kill -9 -- -$$' \
		"$VCL_BUILD/virtcluster-export" "$RECORDS" "$ADDR" "$DIR/request" || true
	of_is g state serving
	qemu-img info "$(of g uri)"
	stop g
}

@test "a damaged record is told, left alone, and hinders nobody else" {
	local pid record
	start a "$DIR/a.raw" && start b "$DIR/b.raw"
	pid=$(pid_of b)
	record=$(record_of b)
	echo '{"volume":' >"$record"
	exporter list 2>"$DIR/err" | jq -e '.exports | length == 1 and .[0].volume == "a"'
	grep -F "a damaged record is left as it is: $record: not JSON" "$DIR/err"
	refused "$record: not JSON" exporter restore
	refused "$record: not JSON" start b "$DIR/b.raw"
	refused "$record: not JSON" stop b
	[ "$(cat "$record")" = '{"volume":' ]
	rm "$record"
	refused 'a server of "b" runs of which no record tells' start b "$DIR/b.raw"
	kill -0 "$pid"
	kill -9 "$pid"
	within 5 start b "$DIR/b.raw"
	stop_all
}

# INPUT | SENTENCE
bad_input() {
	cat <<-'END'
		|a line of JSON is wanted
		hello|not JSON
		[]|not a JSON object
		{"volume":"v"}|missing
		{"volume":"v\u0000","name":"n","path":"/p","format":"raw","read_only":false}|has a NUL
		{"volume":"v","name":"n","path":"p","format":"raw","read_only":false}|path: not absolute
		{"volume":"v","name":"a\nb","path":"/p","format":"raw","read_only":false}|name: has control characters
		{"volume":"v","name":"n","path":"/p","format":"vvfat","read_only":false}|format: none of
		{"volume":["v"],"name":"n","path":"/p","format":"raw","read_only":false}|volume: neither
	END
}
given() { exporter "$1" <"$DIR/input"; }

@test "bad input: one sentence each" {
	local input sentence
	while IFS='|' read -r input sentence; do
		printf '%s\n' "$input" >"$DIR/input"
		refused "$sentence" given start
	done < <(bad_input)
	head -c 70000 /dev/zero | tr '\0' x >"$DIR/input"
	refused "longer than 64 KiB" given start
	refused "longer than 64 KiB" given stop
	head -c 70000 /dev/zero >"$DIR/input"
	refused "longer than 64 KiB" given stop
	printf '{"volume":"a\0"}\n' >"$DIR/input"
	refused "has a NUL" given stop
	head -c 60000 /dev/zero | tr '\0' '[' >"$DIR/input"
	refused "not JSON" given start
	[ -z "$(files)" ]
}

# misused SENTENCE ARGUMENT...: status 2
misused() {
	local sentence=$1 status=0
	shift
	"$VCL_BUILD/virtcluster-export" --state "$RECORDS" "$@" >"$DIR/out" 2>"$DIR/err" </dev/null || status=$?
	cat "$DIR/err"
	[ $status -eq 2 ] && [ "$(wc -l <"$DIR/err")" -eq 1 ] && grep -F -- "$sentence" "$DIR/err" >/dev/null
}

@test "used wrongly: status 2" {
	misused "is wanted"
	misused "one of start, stop" frob
	misused "one of start, stop" list list
	misused "Unknown option" --frob list
	misused "--address is wanted" start
	misused "--address 0.0.0.0" --address 0.0.0.0 start
	misused "--address localhost" --address localhost start
	misused "--ports" --ports 10 list
	misused "--ports" --ports 10-9 list
	misused "--ports" --ports 1-65536 list
	misused "--ports" --ports 1-2x list
	misused "--interval" --interval 0 watch
	misused "--interval" --interval 3601 watch
	misused "no verb is wanted" --ssh list
	misused "no command has come" --ssh
	mkdir -m 755 "$DIR/open"
	RECORDS=$DIR/open refused "mode 0700 is wanted" exporter list
	[ "$(stat -c %a "$DIR/open")" = 755 ]
	"$VCL_BUILD/virtcluster-export" --version | grep -E '^virtcluster-export [0-9.]+$'
	"$VCL_BUILD/virtcluster-export" --help | grep -F -- --ports
}

@test "a forced command takes its verb from ssh, and nothing else" {
	SSH_ORIGINAL_COMMAND="list" exporter --ssh | jq -e '.exports == []'
	SSH_ORIGINAL_COMMAND="virtcluster-export --state /nowhere list" exporter --ssh | jq -e '.exports == []'
	request s "$DIR/a.raw" | SSH_ORIGINAL_COMMAND="start" exporter --ssh | jq -e '.state == "serving"'
	stop s
	SSH_ORIGINAL_COMMAND="list; id" misused "one of start, stop" --ssh
	SSH_ORIGINAL_COMMAND="list --help" misused "one of start, stop" --ssh
	SSH_ORIGINAL_COMMAND="lis" misused "one of start, stop" --ssh
	[ ! -e /nowhere ]
}
