# SPDX-License-Identifier: GPL-2.0
# Invariant 1, conservation: the device is unplugged with batches in flight and
# plugged in again, by QMP.
set -eu

. "$vm/while-loaded.sh"

replug()
{
	for round in $(seq "${REPLUGS:-5}"); do
		tell '{"execute": "device_del", "arguments": {"id": "balloon0"}}' \
			DEVICE_DELETED
		sleep 0.5
		tell '{"execute": "device_add", "arguments": {"driver": "virtio-balloon-pci", "id": "balloon0", "free-page-reporting": true}}'
		sleep 2
	done
}

export MEM=768 BALLOON=virtio-balloon-pci,free-page-reporting=on,id=balloon0
while_loaded replug replug
echo "unplugged and plugged in ${REPLUGS:-5} times"
