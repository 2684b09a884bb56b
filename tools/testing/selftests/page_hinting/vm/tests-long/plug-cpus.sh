# SPDX-License-Identifier: GPL-2.0
# Invariants 1 and 3: CPUs are plugged and unplugged by QMP, under load; what
# their arrays have is not lost. Linux takes pluggable CPUs only where it knows
# the hypervisor, so not from an emulator.
set -eu

case $(accel.sh) in
kvm*) ;;
*) echo "needs KVM"; exit 77 ;;
esac

. "$vm/while-loaded.sh"

plug()
{
	for round in $(seq 3); do
		for cpu in 2 3; do
			tell '{"execute": "device_add", "arguments": {"driver": "qemu64-x86_64-cpu", "id": "cpu'$cpu'", "socket-id": '$cpu', "core-id": 0, "thread-id": 0}}'
		done
		says plug-cpus "@online 2-3" "$round"
		sleep 1
		for cpu in 2 3; do
			tell '{"execute": "device_del", "arguments": {"id": "cpu'$cpu'"}}' \
				DEVICE_DELETED
		done
	done
}

export MEM=768 SMP=2,maxcpus=4,sockets=4,cores=1,threads=1
while_loaded plug-cpus plug online-and-load.sh
echo "2 CPUs plugged and unplugged 3 times"
