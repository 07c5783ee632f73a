# The alert agent: what Pacemaker tells it, the daemon sees at once; it never holds up Pacemaker.
# No cluster: the tools are stand-ins that say what the test wants.
load helpers

setup_file() {
	DIR=$(mktemp -d /tmp/vclXXXXXX)
	export DIR VCL_SOCKET=$DIR/control.sock PATH=$VCL_BUILD:$PATH
	started_on h1
	cat >"$DIR/tool" <<-EOT
		#!/bin/sh
		echo "\$1" >>$DIR/asked
		cat $DIR/\$1.xml
	EOT
	chmod +x "$DIR/tool"
	echo '<cib><configuration/></cib>' >"$DIR/cibadmin.xml"
	cat >"$DIR/virtcluster.conf" <<-EOT
		[cluster]
		backend = pacemaker
		control-socket = $VCL_SOCKET
		agentx-socket = $DIR/agentx
		state-dir = $DIR/state
		[pacemaker]
		interval = 3600
		[rrd]
		enabled = off
		[node alpha]
		uri = test:///default
		pacemaker = $DIR/tool
		pacemaker-name = h1
	EOT
	"$VCL_BUILD/virtclusterd" -c "$DIR/virtcluster.conf" 3>&- >"$DIR/log" 2>&1 &
	echo $! >"$DIR/pid"
	within 10 is_on alpha
}

teardown_file() {
	kill -CONT "$(cat "$DIR/pid")" && kill "$(cat "$DIR/pid")"
	while kill -0 "$(cat "$DIR/pid")" 2>/dev/null; do sleep 0.1; done
	rm -rf "$DIR"
}

# started_on NODE: what crm_mon says from now on
started_on() {
	cat >"$DIR/crm_mon.new" <<-EOT
		<pacemaker-result api-version="2.25" request="crm_mon"><summary>
		<current_dc present="true" version="2.1.5" name="h1" id="1" with_quorum="true"/></summary>
		<nodes><node name="h1" online="true" unclean="false" type="member"/>
		<node name="h2" online="true" unclean="false" type="member"/></nodes>
		<resources><resource id="web" resource_agent="ocf:pacemaker:Dummy" role="Started"
		nodes_running_on="1"><node name="$1"/></resource></resources>
		<status code="0" message="OK"/></pacemaker-result>
	EOT
	mv "$DIR/crm_mon.new" "$DIR/crm_mon.xml"
}

is_on() { virtcluster --json apps | grep -q "\"vclAppNodeName\" *: *\"$1\""; }
alert() { env CRM_alert_kind=resource CRM_alert_recipient="$1" "$TOP/contrib/virtcluster-alert"; }

# takes_no_longer MS COMMAND...
takes_no_longer() {
	local most=$(($1 * SLOW)) begun
	shift
	begun=$(now_ms)
	"$@"
	[ $(($(now_ms) - begun)) -le $most ]
}

@test "the daemon looks at once" {
	started_on h2
	alert "$VCL_SOCKET"
	within 2 is_on h2
	started_on h1
	alert "$VCL_SOCKET"
	within 2 is_on alpha
}

@test "many alerts are few looks" {
	before=$(wc -l <"$DIR/asked")
	begun=$(now_ms)
	for _ in $(seq 50); do virtcluster poke cluster; done
	sleep 1.5
	# no closer together than 250 ms, and one a moment after the last; two tools each
	most=$((2 * (($(now_ms) - begun) / 250 + 2)))
	[ "$most" -lt 90 ] || skip "too slow to tell: that is as many as were poked"
	[ $(($(wc -l <"$DIR/asked") - before)) -le $most ]
}

@test "a daemon that is not there or stands still holds up nobody" {
	takes_no_longer 1500 alert "$DIR/nothing"
	kill -STOP "$(cat "$DIR/pid")"
	takes_no_longer 1500 alert "$VCL_SOCKET"
	kill -CONT "$(cat "$DIR/pid")"
}

@test "a recipient that looks like an option is none" {
	alert "-oProxyCommand=touch $DIR/owned"
	[ ! -e "$DIR/owned" ]
}

@test "who pokes what is not there is told so" {
	run virtcluster poke moon
	[ "$status" -ne 0 ]
	[[ $output == *'nobody can be poked but the "cluster"'* ]]
}

@test "apps, show and status tell of it" {
	run virtcluster apps
	echo "$output"
	[[ $output == *web*service*started*alpha* ]]
	run virtcluster show app web
	[[ $output == *"started on"*alpha* ]]
	run virtcluster status
	[[ $output == *"pacemaker 2.1.5, quorate, decided on alpha"* ]]
	run virtcluster nodes
	[[ $output == *CLUSTER* && $output == *h2*online* ]]
}

@test "without a cluster manager nothing of it shows" {
	sed -i 's/^backend = .*/backend = none/' "$DIR/virtcluster.conf"
	kill -HUP "$(cat "$DIR/pid")"
	no_apps() { virtcluster apps 2>&1 | grep -q 'no applications'; }
	within 5 no_apps
	run virtcluster status
	[[ $output != *Backend* ]]
	run virtcluster nodes
	[[ $output != *CLUSTER* && $output != *h2* ]]
	run virtcluster poke cluster
	[[ $output == *"there is no cluster manager in the configuration"* ]]
}
