# The web page before a real daemon with real guests: what it shows is true, and nothing else
# can be got out of it.
load helpers
load web.bash

setup_file() {
	lab_begin 2
	lab guest h1 web1 --io
	lab guest h2 app1 --no-start
	within 20 vm_is web1 running
	web_start
}

teardown_file() {
	web_end
	lab_end
}

@test "the overview has the cluster, its nodes and its health" {
	page / >"$BATS_TEST_TMPDIR/page"
	grep -q '<!DOCTYPE html>' "$BATS_TEST_TMPDIR/page"
	grep -q 'href="/node/h1"' "$BATS_TEST_TMPDIR/page"
	grep -q 'href="/node/h2"' "$BATS_TEST_TMPDIR/page"
	grep -qF '<bdi>lab</bdi>' "$BATS_TEST_TMPDIR/page"
}

@test "the list of VMs: both, sorted, searched, chosen" {
	local uuid
	uuid=$(uuid_of h1 web1)
	within 10 shows /vms "href=\"/vm/$uuid\""
	shows '/vms?q=WEB' '1–1 of 1'
	shows '/vms?state=running' '1–1 of 1'
	shows '/vms?node=h2' '1–1 of 1'
	[ "$(page '/vms?sort=name&desc=1' | grep -oE '<bdi>(web1|app1)</bdi>' | head -1)" = '<bdi>web1</bdi>' ]
	[ "$(page '/vms?sort=name&desc=0' | grep -oE '<bdi>(web1|app1)</bdi>' | head -1)" = '<bdi>app1</bdi>' ]
}

@test "a VM's page has the numbers that SNMP has, and its graph link leads there" {
	local uuid
	uuid=$(uuid_of h1 web1)
	shows "/vm/$uuid" "$uuid"
	shows "/vm/$uuid" 'href="/node/h1"'
	[ "$(status /vm/web1)" = 302 ]
	[ "$(fetch -o /dev/null -w '%{redirect_url}' "$WEB/vm/web1")" = "$WEB/vm/$uuid" ]
	sed -i "1i [web]\nurl = $WEB/" "$VCL_CONFIG"
	kill -HUP "$(agent_pid)"
	link_is() { [ "$(vm_cell vclVmGraphLink web1)" = "$WEB/vm/$uuid" ]; }
	within 10 link_is
	[ "$(fetch -o /dev/null -w '%{http_code}' "$(vm_cell vclVmGraphLink web1)")" = 200 ]
}

drawn() { page "$1" | grep '<symbol\|<path' >/dev/null; }

@test "every graph of a VM and a node is drawn over every span" {
	local uuid g span
	uuid=$(uuid_of h1 web1)
	within 30 drawn "/graph/vm/$uuid/cpu.svg"
	for g in cpu memory disk iops net packets; do drawn "/graph/vm/$uuid/$g.svg"; done
	for span in hour day week month year decade; do drawn "/graph/node/h1/cpu.svg?span=$span&theme=dark"; done
	page "/graph/vm/$uuid/cpu.svg?size=spark" | grep '<svg.*"96pt"' >/dev/null
	page "/graph/vm/$uuid/cpu.png" | head -c 8 | grep -q PNG
	lacks ' style=' "/graph/vm/$uuid/cpu.svg"
	[ "$(header "/graph/vm/$uuid/cpu.svg" Virtcluster-Plot | wc -w)" -eq 6 ]
}

# first_picture PATH: the address of the first graph on that page
first_picture() { page "$1" | grep -oE 'src="/graph/[^"?]*' | head -1 | cut -d'"' -f2; }

@test "a disk, a NIC and a volume have pages with their graphs, and are linked" {
	local uuid vda nic volume
	uuid=$(uuid_of h1 web1)
	vda=/vm/$uuid/disk/vda
	within 10 shows "/vm/$uuid" "href=\"$vda\""
	shows "$vda" "disk of <a href=\"/vm/$uuid\">"
	within 30 drawn "$(first_picture "$vda")?span=hour"
	nic=$(page "/vm/$uuid" | grep -oE "/vm/$uuid/nic/[0-9a-f-]*" | head -1)
	[[ $nic == */nic/52-54-00-* ]]
	within 30 drawn "$(first_picture "$nic")"
	[ "$(status "/vm/$uuid/disk/vdz")" = 404 ]
	lab pool h1 fast
	lab virsh h1 vol-create-as fast one.img 8M --format raw
	volume_page() {
		local pool
		for pool in $(page /pools | grep -oE '/pool/[0-9]+' | sort -u); do
			page "$pool" | grep -oE '<a href="/volume/[0-9]+"><bdi>one.img<' | grep -oE '/volume/[0-9]+'
		done | grep .
	}
	within 20 volume_page
	volume=$(volume_page)
	shows "$volume" '/fast/one.img'
	shows "$volume" 'volume of <a href="/pool/'
	within 30 drawn "$(first_picture "$volume")"
}

@test "exports: a page, also while there are none" {
	shows /exports 'No volumes are served to others.'
	lacks /exports /pools
	lacks 'Served to others' /node/h1
}

@test "applications: a page, and no tile without a cluster manager" {
	shows /apps 'There are no applications.'
	lacks '>Applications<' /
	lacks '>Applications<' /node/h1
	[ "$(status /app/nobody)" = 404 ]
}

host_is() { [ "$(status "$2" -H "Host: $1")" = "$3" ]; }

@test "it answers under its own names alone" {
	local first=$WEB pid=$WEB_PID name
	for name in localhost 127.0.0.1 '[::1]' LOCALHOST:1234; do host_is "$name" /vms 200; done
	for name in evil.example "evil.example:${WEB##*:}" monitor.example.org 192.0.2.1 localhost.evil.example; do
		host_is "$name" /vms 421
		host_is "$name" /api/vms 421
	done
	[ "$(fetch -H 'Host: evil.example' "$WEB/metrics")" = 'These pages are not called "evil.example": "host" in [web] of the configuration, or --host, tells what they are called.' ]
	cat >"$LAB_DIR/web.conf" <<-END
		[cluster]
		control-socket = $VCL_SOCKET
		[web]
		url = https://monitor.example.org/virtcluster/
		host = two.example three.example
		[node h1]
		uri = test:///default
	END
	chmod 644 "$LAB_DIR/web.conf"
	web_start --config "$LAB_DIR/web.conf"
	for name in monitor.example.org two.example three.example:443 127.0.0.1; do host_is "$name" /vms 200; done
	host_is one.example /vms 421
	web_stop
	web_start --config "$LAB_DIR/web.conf" --host one.example --host four.example
	for name in monitor.example.org one.example four.example; do host_is "$name" /vms 200; done
	host_is two.example /vms 421
	web_stop
	web_start --listen 0.0.0.0:0
	for name in 192.0.2.1 '[2001:db8::1]:80' localhost "$(uname -n)"; do host_is "$name" /vms 200; done
	host_is evil.example /vms 421
	web_stop
	WEB=$first WEB_PID=$pid
}

@test "what has not changed is not sent again" {
	local uuid path tag
	uuid=$(uuid_of h1 web1)
	path="/graph/vm/$uuid/cpu.svg?from=1700000000&to=1700003600"
	tag=$(header "$path" ETag)
	[ -n "$tag" ]
	[ "$(status "$path" -H "If-None-Match: $tag")" = 304 ]
	[ "$(status "$path" -H 'If-None-Match: "other"')" = 200 ]
	header "$path" Cache-Control | grep -q max-age
}

@test "only GET and HEAD; nothing outside; no sessions, scripts or frames of others" {
	local m p
	for m in POST PUT DELETE PATCH OPTIONS; do [ "$(status /vms -X $m)" = 405 ]; done
	for p in /../../../etc/passwd /static/../../../etc/passwd /%2e%2e/%2e%2e/etc/passwd \
		/static/x/..%2f..%2f..%2fetc%2fpasswd /graph/vm/..%2f..%2fx/cpu.svg /vm/..; do
		lacks root: "$p" --path-as-is
		[ "$(status "$p")" -ge 400 ]
	done
	header / Content-Security-Policy | grep -q "default-src 'none'"
	[ "$(header / X-Content-Type-Options)" = nosniff ]
	[ "$(header / X-Frame-Options)" = DENY ]
	[ "$(header / Referrer-Policy)" = no-referrer ]
	[ -z "$(header / Set-Cookie)" ]
}

@test "metrics are what Prometheus reads, and true" {
	page /metrics >"$BATS_TEST_TMPDIR/metrics"
	python3 - "$BATS_TEST_TMPDIR/metrics" <<-'END'
		import re, sys
		types, seen = {}, set()
		for line in open(sys.argv[1], encoding="utf-8"):
		    line = line.rstrip("\n")
		    if line.startswith("# TYPE "):
		        _, _, name, kind = line.split(" ")
		        assert name not in types and kind in ("gauge", "counter"), line
		        types[name] = kind
		    elif not line.startswith("# HELP "):
		        m = re.fullmatch(r'([a-z_0-9]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*\})? (-?\d+)', line)
		        assert m and m.group(1) in types, line
		        assert (m.group(1), m.group(2)) not in seen, line
		        seen.add((m.group(1), m.group(2)))
		        assert m.group(1).endswith("_total") == (types[m.group(1)] == "counter"), line
		assert len(seen) > 50
	END
	grep -q "virtcluster_vm_memory_actual{uuid=\"$(uuid_of h1 web1)\"} $(vm_cell vclVmMemoryActual web1)" "$BATS_TEST_TMPDIR/metrics"
	grep -q '^virtcluster_cluster_vms_running 1$' "$BATS_TEST_TMPDIR/metrics"
}

@test "rows and series as JSON" {
	[ "$(page '/api/vms?columns=vclVmName&sort=vclVmName' | jq -r '.rows[].vclVmName' | paste -sd ' ')" = 'app1 web1' ]
	[ "$(page /api/status | jq -r '.rows[0].vclClusterName')" = lab ]
	[ "$(status '/api/vms?sort=nothing')" = 400 ]
	page '/api/series?kind=vm&name=web1&source=cpu' | jq -e '.points // .error' >/dev/null
}

named() { page /api/vms | jq -e --arg n "$1" '.rows[] | select(.vclVmName == $n)'; }

@test "hostile names do no harm on any page" {
	local name uuid path
	for name in '<script>alert(1)<' '"><img src=x onerror=alert(1)' '..' "it's & \"so\"" 'ümläut-機械'; do
		lab virsh h2 undefine hostile >/dev/null 2>&1 || true
		uuid=$(cat /proc/sys/kernel/random/uuid)
		python3 - "$name" "$uuid" >"$LAB_DIR/hostile.xml" <<-'END'
			import sys
			from xml.sax.saxutils import escape
			print("<domain type='qemu'><name>%s</name><uuid>%s</uuid><memory unit='MiB'>32</memory>"
			      "<os><type>hvm</type></os></domain>" % (escape(sys.argv[1]), sys.argv[2]))
		END
		lab virsh h2 define "$LAB_DIR/hostile.xml" || continue
		within 15 shows /vms "$uuid"
		for path in / /vms "/vm/$uuid" /top /events /node/h2 "/vms?q=$uuid"; do
			lacks '<script>|<img src=x|onerror="' "$path"
		done
		[ "$(status "/vm/$uuid")" = 200 ]
		[ "$(status "/graph/vm/$uuid/cpu.svg")" = 200 ]
		within 10 shows /metrics "$uuid" # what was just asked is not asked again
		within 10 named "$name"
		lab virsh h2 undefine "$uuid"
	done
}

@test "ten browsers reload, and the samples go on" {
	local i pids=()
	for ((i = 0; i < 10; i++)); do
		(for path in / /vms /top "/vm/$(uuid_of h1 web1)" /trends / /vms /nodes; do
			page "$path" >/dev/null || exit 1
		done) &
		pids+=($!)
	done
	fresh() { [ "$(vm_cell vclVmSampleAge web1)" -le $((5 * SLOW)) ]; }
	stays 5 fresh
	for i in "${pids[@]}"; do wait "$i"; done
}

@test "the daemon away: the page says so and comes back by itself" {
	stack stop-agent
	away() { [ "$(status /jobs)" = 503 ]; }
	within 15 away
	shows /jobs 'http-equiv="refresh"'
	shows /jobs 'does not answer'
	stack start-agent
	back() { [ "$(status /jobs)" = 200 ]; }
	within 30 back
}

@test "wrong options get one clear sentence" {
	run "$VCL_BUILD/virtcluster-web" --listen nonsense
	[ "$status" -eq 1 ]
	[[ $output == *nonsense* && $output == *127.0.0.1:8080* ]]
	run "$VCL_BUILD/virtcluster-web" --base-path 'x y'
	[ "$status" -eq 2 ]
	[[ $output == *'x y'* ]]
	run "$VCL_BUILD/virtcluster-web" --host 'monitor:80'
	[ "$status" -eq 2 ]
	[[ $output == *'not "monitor:80"'* ]]
	run "$VCL_BUILD/virtcluster-web" --config /nowhere/at/all
	[ "$status" -eq 1 ]
	[[ $output == */nowhere/at/all* ]]
	run "$VCL_BUILD/virtcluster-web" --listen "${WEB#http://}"
	[ "$status" -eq 1 ]
	[[ $output == *'in use'* ]]
	run "$VCL_BUILD/virtcluster-web" --version
	[ "$status" -eq 0 ]
}

@test "below a path of a proxy, all links have it" {
	local first=$WEB pid=$WEB_PID
	web_start --base-path /sub/
	page / | grep -oE '(href|src|action)="[^"]*"' | grep -v '"/sub/' | grep -v '"#' >"$BATS_TEST_TMPDIR/others" || true
	cat "$BATS_TEST_TMPDIR/others"
	[ ! -s "$BATS_TEST_TMPDIR/others" ]
	[ "$(status /sub/vms)" = 200 ]
	[ "$(status /vms)" = 200 ]
	web_stop
	WEB=$first WEB_PID=$pid
}

@test "it ends when it is told to, and its log is clean" {
	kill "$WEB_PID"
	gone() { [ ! -e "/proc/$WEB_PID/exe" ]; }
	within 10 gone
	fails grep -E 'AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|assertion|CRITICAL' "$LAB_DIR/stack/web.log"
	log_is_clean
}
