# The OCF resource agents, each action by hand: no cluster, no lab.
# plain build only: the sanitizers have nothing to add to a shell script
load helpers

setup_file() {
	DIR=$(mktemp -d /tmp/vclXXXXXX)
	export DIR OCF_ROOT=$DIR/ocf OCF_FUNCTIONS_DIR=/usr/lib/ocf/lib/heartbeat HA_RSCTMP=$DIR/run
	export HA_LOGFACILITY=none HA_LOGFILE=$DIR/ha.log OCF_RESOURCE_INSTANCE=test
	mkdir -p "$DIR/run" "$DIR/state" "$OCF_ROOT/lib/virtcluster" "$OCF_ROOT/resource.d"
	cp "$TOP/contrib/ocf/process.sh" "$OCF_ROOT/lib/virtcluster/"
	ln -s "$VCL_BUILD/contrib/ocf" "$OCF_ROOT/resource.d/virtcluster"
	chmod 755 "$DIR"
	chown nobody "$DIR/state"
	SNMP_PORT=$((20000 + RANDOM % 10000))
	AGENTX=$DIR/agentx/master
	export SNMP_PORT AGENTX
	write_config
}

teardown_file() {
	agent stop
	snmpd stop
	rm -rf "$DIR"
}

write_config() {
	install -d -o nobody "$DIR/agentx"
	cat >"$DIR/virtcluster.conf" <<-EOT
		[cluster]
		control-socket = $DIR/control/control.sock
		agentx-socket = $AGENTX
		state-dir = $DIR/state
		[rrd]
		enabled = off
		[node alpha]
		uri = test:///default
	EOT
	cat >"$DIR/snmpd.conf" <<-EOT
		master agentx
		agentXSocket $AGENTX
		agentXPerms 0660 0755 nobody nogroup
		rocommunity public
	EOT
}

# agent ACTION [NAME=VALUE...]: parameters of the resource, in the place of the usual ones
agent() {
	run_agent virtcluster "$1" config="$DIR/virtcluster.conf" binary="$VCL_BUILD/virtclusterd" \
		client="$VCL_BUILD/virtcluster" user=nobody log="$DIR/log" \
		CRM_meta_timeout=$((10000 * SLOW)) "${@:2}"
}
snmpd() {
	run_agent snmpd "$1" config="$DIR/snmpd.conf" address=127.0.0.1 port="$SNMP_PORT" \
		persistent_dir="$DIR/snmpd" log="$DIR/snmpd.log" CRM_meta_timeout=15000 "${@:2}"
}
run_agent() {
	local name=$1 action=$2 pair words=()
	for pair in "${@:3}"; do words+=("OCF_RESKEY_$pair"); done
	env "${words[@]}" "$OCF_ROOT/resource.d/virtcluster/$name" "$action"
}

# returns CODE COMMAND...
returns() {
	local code=$1
	shift
	run "$@"
	echo "status $status: $output"
	[ "$status" -eq "$code" ]
}
SUCCESS=0 GENERIC=1 UNIMPLEMENTED=3 PERMISSION=4 INSTALLED=5 CONFIGURED=6 NOT_RUNNING=7

daemon() { cut -d' ' -f1 "$DIR/run/virtcluster-test.pid"; }
answers() { "$VCL_BUILD/virtcluster" --socket "$DIR/control/control.sock" status; }
# One that is dead and that nobody has buried yet does not run.
runs() { case $(ps -o stat= -p "$1") in '' | Z*) return 1 ;; esac; }
engine() { grep -h oldEngineID "$DIR/snmpd/snmpd.conf"; }

@test "meta-data is valid, and names what Pacemaker needs" {
	local name
	for name in virtcluster snmpd; do
		run_agent $name meta-data >"$DIR/$name.xml"
		xmllint --noout --nonet "$DIR/$name.xml"
		[ "$(xmllint --nonet --xpath 'count(//action[@name="start" or @name="stop" or
			@name="monitor" or @name="validate-all" or @name="meta-data"])' "$DIR/$name.xml")" = 5 ]
		[ "$(xmllint --nonet --xpath 'count(//action[not(@timeout)])' "$DIR/$name.xml")" = 0 ]
	done
}

@test "an action that there is not" {
	returns $UNIMPLEMENTED agent promote
	returns $UNIMPLEMENTED snmpd promote
}

@test "what does not run does not, and can be stopped" {
	returns $NOT_RUNNING agent monitor
	returns $SUCCESS agent stop
	returns $NOT_RUNNING snmpd monitor
	returns $SUCCESS snmpd stop
}

@test "where something is missing, its code says what" {
	returns $INSTALLED agent validate-all binary=/nowhere/virtclusterd
	returns $INSTALLED agent start client=/nowhere/virtcluster
	returns $INSTALLED agent monitor client=/nowhere/virtcluster CRM_meta_interval=10000
	returns $NOT_RUNNING agent monitor client=/nowhere/virtcluster CRM_meta_interval=0
	returns $INSTALLED agent start config=/nowhere/virtcluster.conf
	[[ $output == *"there is no configuration /nowhere/virtcluster.conf"* ]]
	returns $INSTALLED agent start user=nosuchuser
	returns $CONFIGURED agent validate-all socket=control.sock
	returns $INSTALLED snmpd start config=/nowhere/snmpd.conf
	returns $CONFIGURED snmpd start address=
	returns $CONFIGURED snmpd start port=many
	returns $SUCCESS agent validate-all
	returns $SUCCESS snmpd validate-all
}

@test "a configuration that is wrong is told of in the daemon's words" {
	sed 's/^uri.*/uri/' "$DIR/virtcluster.conf" >"$DIR/wrong.conf"
	returns $CONFIGURED agent start config="$DIR/wrong.conf"
	[[ $output == *wrong.conf* ]]
	returns $CONFIGURED agent validate-all config="$DIR/wrong.conf"
}

@test "without its state directory it does not start, and makes none" {
	returns $GENERIC agent start state_dir="$DIR/missing"
	[[ $output == *"no state directory $DIR/missing; is it mounted?"* ]]
	[ ! -e "$DIR/missing" ]
	returns $GENERIC agent start mount_point="$DIR/state"
	[[ $output == *"nothing is mounted at $DIR/state"* ]]
	chown root "$DIR/state"
	returns $PERMISSION agent start
	[[ $output == *"nobody may not write to $DIR/state"* ]]
	chown nobody "$DIR/state"
	[ -z "$(ls "$DIR/state")" ]
	returns $SUCCESS agent validate-all state_dir="$DIR/missing" # it may not be mounted yet
}

@test "it is started when it answers, and only once" {
	local pid
	returns $SUCCESS agent start
	answers
	returns $SUCCESS agent monitor
	pid=$(daemon)
	[ "$(ps -o user= -p "$pid")" = nobody ]
	returns $SUCCESS agent start
	[ "$(daemon)" = "$pid" ]
	runs "$pid"
}

@test "one that stands still runs and does not answer" {
	kill -STOP "$(daemon)"
	returns $GENERIC agent monitor CRM_meta_timeout=3000
	[[ $output == *"does not answer on $DIR/control/control.sock"* ]]
	kill -CONT "$(daemon)"
	returns $SUCCESS agent monitor
}

@test "after kill -9 it does not run, and starts again" {
	local pid
	pid=$(daemon)
	kill -9 "$pid"
	within 5 fails runs "$pid"
	returns $NOT_RUNNING agent monitor
	returns $SUCCESS agent start
	[ "$(daemon)" != "$pid" ]
	returns $SUCCESS agent monitor
}

@test "it is stopped when it is gone, and can be twice" {
	local pid
	pid=$(daemon)
	returns $SUCCESS agent stop
	fails runs "$pid"
	returns $NOT_RUNNING agent monitor
	returns $SUCCESS agent stop
}

@test "one that does not end is cut off within the time-out" {
	local pid begun
	returns $SUCCESS agent start
	pid=$(daemon)
	kill -STOP "$pid"
	begun=$(now_ms)
	returns $SUCCESS agent stop CRM_meta_timeout=6000
	[ $(($(now_ms) - begun)) -lt 6000 ]
	fails runs "$pid"
}

@test "a number that another process has got is nobody's to end" {
	sleep 60 &
	echo "$! 1" >"$DIR/run/virtcluster-test.pid"
	returns $NOT_RUNNING agent monitor
	returns $SUCCESS agent stop
	runs $!
	kill $!
}

@test "one that somebody else has started is seen, and stopped" {
	install -d -o nobody "$DIR/control"
	setpriv --reuid nobody --regid nogroup --clear-groups "$VCL_BUILD/virtclusterd" \
		-c "$DIR/virtcluster.conf" >>"$DIR/log" 2>&1 3>&- &
	within 10 answers
	returns $SUCCESS agent monitor
	returns $SUCCESS agent stop
	fails answers
	returns $NOT_RUNNING agent monitor
}

@test "while another one has the state directory it waits, and says so" {
	sed "s|$DIR/control|$DIR/other|" "$DIR/virtcluster.conf" >"$DIR/other.conf"
	returns $SUCCESS agent start
	OCF_RESOURCE_INSTANCE=other
	returns $GENERIC agent start config="$DIR/other.conf" CRM_meta_timeout=5000
	[[ $output == *"another virtclusterd uses this directory (process $(daemon) on $(uname -n))"* ]]
	agent start config="$DIR/other.conf" 3>&- &
	sleep 1
	OCF_RESOURCE_INSTANCE=test
	returns $SUCCESS agent stop
	wait $!
	OCF_RESOURCE_INSTANCE=other
	returns $SUCCESS agent monitor config="$DIR/other.conf"
	returns $SUCCESS agent stop config="$DIR/other.conf"
}

@test "snmpd answers where it shall, remembers its engine, and ends" {
	local engine pid
	returns $SUCCESS snmpd start
	returns $SUCCESS snmpd monitor
	returns $SUCCESS agent start
	within 10 snmpget -v2c -c public "127.0.0.1:$SNMP_PORT" "$(sed -n 's/.*VCL_OID_ROOT_TEXT "\(.*\)"/.\1/p' "$VCL_BUILD/config.h").1.1.1.0"
	engine=$(engine)
	returns $SUCCESS snmpd start
	pid=$(cut -d' ' -f1 "$DIR/run/virtcluster-snmpd-test.pid")
	kill -STOP "$pid"
	returns $GENERIC snmpd monitor
	kill -9 "$pid"
	within 5 fails runs "$pid"
	returns $NOT_RUNNING snmpd monitor
	returns $SUCCESS snmpd start
	returns $SUCCESS snmpd stop
	returns $SUCCESS snmpd stop
	returns $NOT_RUNNING snmpd monitor
	[ "$(engine)" = "$engine" ]
	returns $SUCCESS agent stop
}

@test "both are clean for shellcheck" {
	cd "$TOP"
	shellcheck -x -s sh contrib/ocf/virtcluster.in contrib/ocf/snmpd.in contrib/ocf/process.sh
}

@test "ocf-tester finds nothing" {
	command -v ocf-tester >/dev/null || skip "no ocf-tester here"
	ocf-tester -n test -o config="$DIR/virtcluster.conf" -o binary="$VCL_BUILD/virtclusterd" \
		-o client="$VCL_BUILD/virtcluster" -o user=nobody -o log="$DIR/log" \
		"$OCF_ROOT/resource.d/virtcluster/virtcluster"
}
