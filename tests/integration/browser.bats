# The web page in a real browser: Chromium, headless, by the WebDriver protocol.
# plain build only: Chromium has nothing to learn from our sanitizers, and takes its time.
load helpers
load web.bash

setup_file() {
	lab_begin 2
	lab guest h1 web1 --io
	lab guest h2 app1 --no-start
	within 20 vm_is web1 running
	web_start
	chromium --version >/dev/null
}

teardown_file() {
	web_end
	lab_end
}

browse() { timeout $((300 * SLOW)) python3 "$TOP/tests/web/browser.py" "$1" "$BATS_FILE_TMPDIR/browser" "${@:2}"; }

@test "every page loads, and the console has nothing to say" { browse "$WEB" pages; }
@test "lists are sorted and searched" { browse "$WEB" sort search; }
@test "dragging over a graph changes the span" {
	drawn() { page "/graph/vm/$(uuid_of h1 web1)/cpu.svg" | grep -q '<symbol'; }
	within 30 drawn
	browse "$WEB" zoom
}
@test "the page stays up to date" { browse "$WEB" live; }

# move_when_opened VM NODE: by SNMP, as soon as its page is open
move_when_opened() {
	within 60 test -e "$BATS_FILE_TMPDIR/browser/opened" &&
		setv "vclVmMigrateTo.$(vm_index "$1")" i "$(node_index "$2")"
}

@test "a VM is migrated by SNMP: its open page shows the new node, its graph the mark" {
	local mover
	move_when_opened web1 h2 >"$BATS_TEST_TMPDIR/mover" 2>&1 3>&- &
	mover=$!
	VM=$(uuid_of h1 web1) FROM=h1 TO=h2 browse "$WEB" moved
	wait $mover
	vm_cell_is vclVmNodeName web1 h2
}
@test "a phone, a laptop and a wall: nothing is too wide" {
	browse "$WEB" screens
	[ "$(find "$BATS_FILE_TMPDIR/browser" -name '*.png' | wc -l)" -ge 24 ]
}

# What was just asked is not asked again, so each time is another page or a later moment; the
# best of some, because the machine is busy with other things.
overview_ms() {
	local i ms best=100000
	for ((i = 0; i < 5; i++)); do
		sleep 3
		ms=$(fetch -o /dev/null -w '%{time_starttransfer}' "$WEB/" | awk '{ print int($1 * 1000) }')
		[ "$ms" -ge "$best" ] || best=$ms
	done
	echo "$best"
}
vm_with_graphs_ms() {
	local i start ms best=100000
	for i in 3 4 5; do
		start=$(now_ms)
		page "/vm/00000000-0000-4000-8000-00000000000$i" >"$BATS_TEST_TMPDIR/page"
		grep -oE 'src="/graph/[^"]*"' "$BATS_TEST_TMPDIR/page" | sed 's/src="//;s/"$//;s/&amp;/\&/g' |
			sed "s|^|url = \"$WEB|;s|\$|\"|" | fetch -K - >/dev/null
		ms=$(($(now_ms) - start))
		[ "$ms" -ge "$best" ] || best=$ms
	done
	echo "$best"
}

# What no lab has: ten thousand VMs, and names that libvirt would not take.
@test "ten thousand VMs with hostile names: fast and harmless" {
	local dir=$LAB_DIR/made took # the page is nobody, and must get there
	mkdir -p "$dir/rrd"
	chmod 755 "$dir"
	make -s -C "$VCL_BUILD" tests/web/cluster
	"$VCL_BUILD/tests/web/cluster" "$dir" 10000 80 >"$dir/log" 2>&1 3>&- &
	remember_pid $!
	made() { grep -q ready "$dir/log"; }
	within 120 made
	web_stop
	VCL_SOCKET=$dir/control.sock web_start
	within 10 shows /vms ' of 10000'
	took=$(overview_ms)
	echo "# overview: $took ms" >&3
	[ "$took" -lt 200 ]
	took=$(vm_with_graphs_ms)
	echo "# a VM with its graphs: $took ms" >&3
	[ "$took" -lt 1000 ]
	browse "$WEB" pages names sick
}
