# A real ssh into a host, for users that are not root: sshd behind a relay.
# shellcheck shell=bash

# The package is unpacked, not installed: nothing listens on this machine.
find_sshd() {
	local dir=$LAB_CACHE/x/openssh-server
	command -v sshd && return
	if [ ! -x "$dir/usr/sbin/sshd" ]; then
		rm -rf "$dir" && mkdir -p "$dir"
		(cd "$dir" && apt-get -q download openssh-server && dpkg -x openssh-server_*.deb .) \
			>"$LAB_CACHE/apt.log" 2>&1 || die "cannot download openssh-server (log: $LAB_CACHE/apt.log)"
	fi
	echo "$dir/usr/sbin/sshd"
}

# Prints the command that reaches the host as root; its key is USER's.
verb_ssh() {
	need_live_host "$@"
	local h=$1 user=${2:?ssh: HOST USER} dir sshd socket
	dir=$(host_dir "$h")/ssh
	sshd=$(find_sshd) || exit 1
	mkdir -p "$dir"
	ssh-keygen -q -t ed25519 -N '' -f "$dir/host-key" </dev/null
	ssh-keygen -q -t ed25519 -N '' -f "$dir/key" </dev/null
	echo "lab-$h $(cut -d' ' -f1,2 "$dir/host-key.pub")" >"$dir/known-hosts"
	cat >"$dir/sshd.conf" <<-END
		HostKey $dir/host-key
		AuthorizedKeysFile $dir/key.pub
		PermitRootLogin yes
		StrictModes no
		PidFile none
	END
	chown "$user" "$dir/key"
	socket=$(verb_relay "$h" ssh sh -c "mkdir -p /run/sshd; exec $sshd -i -f $dir/sshd.conf") || exit 1
	echo "ssh -F none -o BatchMode=yes -o IdentitiesOnly=yes -o UserKnownHostsFile=$dir/known-hosts" \
		"-o 'ProxyCommand=$LAB_DIR/relay connect $socket' -i $dir/key root@lab-$h"
}
